/** Mantine's own container of toasts, in a file of its own: it is fetched when it is needed. */

import { Notifications } from "@mantine/notifications";

export function ToastContainer() {
  return <Notifications position="bottom-right" />;
}

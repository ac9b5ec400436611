/**
 * Toasts, without what draws them: that is fetched once somebody touches the page, so that it is
 * there when a server that has gone is what a toast has to tell; else with the first toast.
 */

import { useNotifications } from "@mantine/notifications";
import { type ComponentType, useEffect, useState } from "react";
import styles from "./toasts.module.css";

const TOUCHES = ["pointerdown", "keydown"] as const;

export function Toasts() {
  const { notifications } = useNotifications();
  const [isTouched, setTouched] = useState(false);
  const [Container, setContainer] = useState<ComponentType | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const isDue = isTouched || notifications.length > 0;
  useEffect(() => {
    const touch = () => setTouched(true);
    for (const each of TOUCHES) window.addEventListener(each, touch, { once: true });
    return () => {
      for (const each of TOUCHES) window.removeEventListener(each, touch);
    };
  }, []);
  useEffect(() => {
    if (!isDue) return;
    import("./toast-container").then(
      (part) => setContainer(() => part.ToastContainer),
      () => setFailed(true),
    );
  }, [isDue]);
  if (Container !== null) return <Container />;
  if (!hasFailed || notifications.length === 0) return null;
  return (
    <section className={styles.plain} role="alert">
      {notifications.map(({ id, title, message }) => (
        <p key={id}>
          <b>{title}</b> {message}
        </p>
      ))}
    </section>
  );
}

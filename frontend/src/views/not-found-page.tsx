/** No page has this address. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { PageMessage } from "../ui/page-message";

export function NotFoundPage() {
  return (
    <PageMessage
      title="There is nothing at this address"
      actions={
        <Button size="sm" variant="filled" renderRoot={(props) => <Link {...props} to="/" />}>
          To the runs
        </Button>
      }
    >
      <p>Perhaps a letter is missing, or the page has moved.</p>
    </PageMessage>
  );
}

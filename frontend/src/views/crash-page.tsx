/** The page itself has failed: say so, keep calm, offer the way back. */

import { Button } from "@mantine/core";
import { describeError } from "../api/problem";
import { PageMessage } from "../ui/page-message";

export function CrashPage({ error }: { error: unknown }) {
  return (
    <PageMessage
      title="This page has failed"
      actions={
        <Button size="sm" variant="filled" onClick={() => window.location.reload()}>
          Reload
        </Button>
      }
    >
      <p>Runs are not affected: they train in processes of their own.</p>
      <pre>{describeError(error)}</pre>
    </PageMessage>
  );
}

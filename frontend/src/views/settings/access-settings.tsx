/** Who one is here, and who else may come in: tokens and links, made, listed and revoked. */

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { logOut } from "../../api/access";
import { describeError } from "../../api/problem";
import { meQuery } from "../../api/queries";
import type { Me } from "../../api/types";
import { formatMinute } from "../../format/durations";
import { ActionButton } from "../../ui/action-button";
import { Confirm } from "../../ui/confirm";
import styles from "./access-settings.module.css";
import { identityText, ROLE_MEANINGS } from "./access-text";
import { TokenList } from "./token-list";

const TokenDialog = lazy(() =>
  import("./token-dialog").then((part) => ({ default: part.TokenDialog })),
);
const ShareDialog = lazy(() =>
  import("./share-dialog").then((part) => ({ default: part.ShareDialog })),
);

export function AccessSettings() {
  const me = useQuery(meQuery);
  const [open, setOpen] = useState<"token" | "link" | null>(null);
  const close = () => setOpen(null);
  if (me.error !== null) {
    return (
      <p className={styles.error} role="alert">
        Who you are can’t be told: {describeError(me.error)}{" "}
        <Button size="compact-xs" onClick={() => void me.refetch()}>
          Try again
        </Button>
      </p>
    );
  }
  if (me.data === undefined) {
    return (
      <p className={styles.quiet} role="status">
        Asking who you are…
      </p>
    );
  }
  const { role } = me.data;
  return (
    <>
      <Identity me={me.data} />
      <div className={styles.head}>
        <h3>Tokens and links for others</h3>
        <div className={styles.actions}>
          <ActionButton
            icon="glasses"
            label="Share a link for a class"
            unavailable={
              role === "viewer" ? "Only an operator or an admin can let others look on." : null
            }
            isPending={false}
            onClick={() => setOpen("link")}
          />
          <ActionButton
            icon="plus"
            label="New token"
            unavailable={role === "admin" ? null : "Only an admin can make tokens."}
            isPending={false}
            onClick={() => setOpen("token")}
          />
        </div>
      </div>
      {role === "admin" ? (
        <TokenList me={me.data} />
      ) : (
        <p className={styles.quiet}>
          Only an admin sees who may come in, makes tokens, and revokes tokens and links.
        </p>
      )}
      <Suspense>
        {open === "token" && <TokenDialog onClose={close} />}
        {open === "link" && <ShareDialog onClose={close} />}
      </Suspense>
    </>
  );
}

function Identity({ me }: { me: Me }) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const leaving = useMutation({
    mutationFn: logOut,
    // The next to log in may be somebody else.
    onSuccess: () => queries.clear(),
  });
  return (
    <div className={styles.identity}>
      <dl>
        <div>
          <dt>You came in with</dt>
          <dd>{identityText(me)}</dd>
        </div>
        <div>
          <dt>Your role</dt>
          <dd>
            <b className={styles.role}>{me.role}</b>: {ROLE_MEANINGS[me.role]}
          </dd>
        </div>
        <div>
          <dt>Logged in until</dt>
          <dd>{me.expires_at === null ? "somebody ends it" : formatMinute(me.expires_at)}</dd>
        </div>
      </dl>
      <Button loading={leaving.isPending} onClick={() => setAsking(true)}>
        Log out
      </Button>
      {leaving.error !== null && (
        <p className={styles.error} role="alert">
          You are still logged in: {describeError(leaving.error)}
        </p>
      )}
      <Confirm
        title="Log out of this browser?"
        action="Log out"
        refusal="Stay"
        isDangerous={false}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => leaving.mutate()}
      >
        <p>
          To come back you need a link or a token. Runs train on, and other browsers stay logged in.
        </p>
      </Confirm>
    </div>
  );
}

/** Named tokens and links: what they open, who made them, whether they are used, and their end. */

import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { revokeToken, tokensQuery } from "../../api/access";
import { describeError } from "../../api/problem";
import type { ListedToken, Me } from "../../api/types";
import { formatActor } from "../../format/actors";
import { formatDay, formatMoment } from "../../format/durations";
import { useNow } from "../../live/hooks";
import { Confirm } from "../../ui/confirm";
import { Icon } from "../../ui/icons";
import tables from "../../ui/record-table.module.css";
import styles from "./access-settings.module.css";
import { browsersText, consequences, endedText, endText, useText } from "./access-text";

const AGES_EVERY_MS = 10_000;

export function TokenList({ me }: { readonly me: Me }) {
  const { data, error, refetch } = useQuery(tokensQuery);
  const now = useNow(AGES_EVERY_MS);
  const [asked, setAsked] = useState<ListedToken | null>(null);
  const revoking = useRevoking();
  const working = data?.filter(({ works }) => works) ?? [];
  const ended = data?.filter(({ works }) => !works) ?? [];
  return (
    <>
      {error !== null && (
        <p className={styles.error} role="alert">
          Tokens and links can’t be listed: {describeError(error)}{" "}
          <Button size="compact-xs" onClick={() => void refetch()}>
            Try again
          </Button>
        </p>
      )}
      {data === undefined && error === null && (
        <p className={styles.quiet} role="status">
          Asking for tokens and links…
        </p>
      )}
      {data !== undefined && working.length === 0 && (
        <p className={styles.quiet}>
          Nobody else has a token or a link. Scripts and colleagues get a token of their own, a
          class a link by which it looks on.
        </p>
      )}
      {working.length > 0 && (
        <table
          className={`${tables.records} ${styles.table}`}
          aria-label="Tokens and links that work"
        >
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Made</th>
              <th scope="col">Last used</th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="visually-hidden">What can be done</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {working.map((token) => (
              <Row
                key={token.id}
                token={token}
                nowMs={now}
                isOwn={token.name === me.name}
                isPending={revoking.isPending && revoking.variables.id === token.id}
                onRevoke={() => setAsked(token)}
              />
            ))}
          </tbody>
        </table>
      )}
      {ended.length > 0 && <Ended tokens={ended} all={data ?? []} nowMs={now} />}
      {asked !== null && (
        <Confirm
          title={`Revoke “${asked.name}”?`}
          action="Revoke it"
          isOpen
          onClose={() => setAsked(null)}
          onConfirm={() => revoking.mutate(asked)}
        >
          <ul className={styles.consequences}>
            {consequences(asked, data ?? [], me).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Confirm>
      )}
    </>
  );
}

function useRevoking() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: ListedToken) => revokeToken(id),
    onError: (error, { name }) => {
      notifications.show({
        color: "var(--bad)",
        title: `“${name}” was not revoked`,
        message: describeError(error),
        autoClose: 10_000,
      });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}

interface RowProps {
  readonly token: ListedToken;
  readonly nowMs: number;
  readonly isOwn: boolean;
  readonly isPending: boolean;
  readonly onRevoke: () => void;
}

function Row({ token, nowMs, isOwn, isPending, onRevoke }: RowProps) {
  const { name, kind, role, created_at: made, created_by: maker, expires_at: end } = token;
  const browsers = browsersText(token);
  const used = useText(token, nowMs);
  return (
    <tr>
      <th scope="row">
        <span className={styles.name}>{name}</span>
        {isOwn && <span className={styles.own}>you</span>}
        {/* On a phone the other columns are told here. */}
        <span className={styles.below}>
          {role} · {used}
          {browsers !== "" && ` · ${browsers}`}
        </span>
      </th>
      <td className={styles.wide}>
        <b className={styles.role}>{role}</b>
        <small>{kind}</small>
      </td>
      <td className={styles.wide} title={formatMoment(made)}>
        {formatDay(made)}
        <small>{formatActor(maker)}</small>
      </td>
      <td
        className={styles.wide}
        title={token.last_used_at === null ? undefined : formatMoment(token.last_used_at)}
      >
        {used}
        <small>{browsers}</small>
      </td>
      <td title={end === null ? undefined : formatMoment(end)}>{endText(token, nowMs)}</td>
      <td className={styles.tools}>
        <Button
          size="compact-xs"
          className={styles.revoke}
          aria-label={`Revoke ${name}`}
          loading={isPending}
          onClick={onRevoke}
        >
          Revoke
        </Button>
      </td>
    </tr>
  );
}

interface EndedProps {
  readonly tokens: readonly ListedToken[];
  readonly all: readonly ListedToken[];
  readonly nowMs: number;
}

/** They are remembered for a while, so that nobody has to wonder. */
function Ended({ tokens, all, nowMs }: EndedProps) {
  return (
    <details className={styles.ended}>
      <summary>
        {tokens.length === 1 ? "1 has ended" : `${tokens.length} have ended`} in the last 90 days
      </summary>
      <ul>
        {tokens.map((token) => (
          <li key={token.id}>
            <Icon name="close" size={12} />
            <b>{token.name}</b>
            <span>
              {token.role} {token.kind}, {endedText(token, all, nowMs)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

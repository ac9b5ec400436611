/** Who is not logged in reads here how to, without alarm. */

import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { logIn } from "../../api/actions";
import { ApiProblem } from "../../api/problem";
import { type BadLink, badLink, setSessionState } from "../../api/session";
import { pathTo } from "../../format/addresses";
import { PageMessage } from "../../ui/page-message";
import styles from "./login-page.module.css";

const BAD_LINKS: Readonly<Record<BadLink, string>> = {
  used: "The link that you opened has been used up: it works a single time.",
  unknown: "The link that you opened does not work: it has ended, or a part of it is missing.",
};

export function LoginPage() {
  const [token, setToken] = useState("");
  const link = badLink();
  const queries = useQueryClient();
  const login = useMutation({
    mutationFn: () => logIn(token.trim()),
    onSuccess: async () => {
      await queries.resetQueries();
      setSessionState("in");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <main>
      <p className={styles.brand}>
        <img src={pathTo("/favicon.svg")} alt="" width={24} height={24} />
        Matinee
      </p>
      <PageMessage title="You are not logged in">
        {link !== null && <p className={styles.care}>{BAD_LINKS[link]}</p>}
        <p>
          The terminal in which <code>matinee serve</code> runs has printed a link. Open it once in
          this browser; it logs you in. Each link works a single time.
        </p>
        <p>Did somebody share a link with you? If it has ended, ask them for another.</p>
        <p>
          Is the link used up or out of sight? Run <code>matinee token</code> on the same machine,
          and paste what it prints; or paste a token that you were given:
        </p>
        <form className={styles.form} onSubmit={submit}>
          <PasswordInput
            label="Token"
            size="sm"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            error={login.error === null ? null : refusal(login.error)}
            autoComplete="current-password"
            autoFocus
          />
          <Button type="submit" size="sm" variant="filled" loading={login.isPending}>
            Log in
          </Button>
        </form>
      </PageMessage>
    </main>
  );
}

function refusal(error: Error): string {
  return error instanceof ApiProblem && error.code === "wrong_token"
    ? "This is no token of this server."
    : error.message;
}

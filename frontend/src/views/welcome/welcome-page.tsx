/** An empty server greets: one button that starts a run, and the same for a script. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { describeError } from "../../api/problem";
import { presetsQuery } from "../../api/queries";
import { Icon } from "../../ui/icons";
import { PageLoading } from "../../ui/page-message";
import { Snippets } from "../../ui/snippets";
import { runSnippets } from "../new-run/run-snippets";
import { useCreateRuns } from "../new-run/use-create-runs";
import { CartPole } from "./cart-pole";
import styles from "./welcome-page.module.css";

export function WelcomePage() {
  const presets = useQuery(presetsQuery);
  const create = useCreateRuns();
  const preset = presets.data?.[0];
  if (presets.isPending) return <PageLoading what="presets" />;
  const document = { preset: preset?.name ?? "cartpole-lesson" };
  const error = create.error ?? presets.error;
  return (
    <section className={styles.welcome}>
      <CartPole />
      <h1>Watch a machine learn to balance a pole</h1>
      <p className={styles.lead}>
        It starts knowing nothing and learns by trying. Meanwhile every setting of the learner is in
        your hands: move one, and see what the curve does.
      </p>
      <div className={styles.actions}>
        <Button
          size="lg"
          variant="filled"
          leftSection={<Icon name="play" size={18} />}
          loading={create.isPending}
          onClick={() => create.mutate([document])}
        >
          Start CartPole
        </Button>
        <Button
          size="lg"
          variant="subtle"
          renderRoot={(props) => <Link {...props} to="/runs/new" />}
        >
          Choose something else
        </Button>
      </div>
      {error !== null && (
        <p className={styles.error} role="alert">
          {describeError(error)}
        </p>
      )}
      <div className={styles.script}>
        <h2>The same from a script or a terminal</h2>
        <Snippets label="Start CartPole" snippets={runSnippets(document, window.location.origin)} />
      </div>
    </section>
  );
}

/** An empty server greets: one button that starts a run, and the same for a script. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { serverAddress } from "../../format/addresses";
import { PageLoading } from "../../ui/page-message";
import { Snippets } from "../../ui/snippets";
import { runSnippets } from "../new-run/run-snippets";
import { CartPole } from "./cart-pole";
import { StartButton, useStart } from "./start-button";
import styles from "./welcome-page.module.css";

export function WelcomePage() {
  const starting = useStart();
  if (!starting.isReady) return <PageLoading what="presets" />;
  return (
    <section className={styles.welcome}>
      <CartPole />
      <h1>Watch a machine learn to balance a pole</h1>
      <p className={styles.lead}>
        It starts knowing nothing and learns by trying. Meanwhile every setting of the learner is in
        your hands: move one, and see what the curve does.
      </p>
      <div className={styles.actions}>
        <StartButton size="lg" starting={starting} />
        <Button
          size="lg"
          variant="subtle"
          renderRoot={(props) => <Link {...props} to="/runs/new" />}
        >
          Choose something else
        </Button>
        <Button size="lg" variant="subtle" renderRoot={(props) => <Link {...props} to="/learn" />}>
          Read how it learns
        </Button>
      </div>
      {starting.error !== null && (
        <p className={styles.error} role="alert">
          {starting.error}
        </p>
      )}
      <div className={styles.script}>
        <h2>The same from a script or a terminal</h2>
        <Snippets
          label="Start CartPole"
          snippets={runSnippets(starting.document, serverAddress())}
        />
      </div>
    </section>
  );
}

/** The same thing for a script: curl, Python, command line; ready to copy. */

import { Button, SegmentedControl } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useState } from "react";
import { Icon } from "./icons";
import styles from "./snippets.module.css";

export interface Snippet {
  readonly name: string;
  readonly text: string;
}

export function Snippets({ snippets, label }: { snippets: readonly Snippet[]; label: string }) {
  const [chosen, setChosen] = useState(0);
  const clipboard = useClipboard({ timeout: 1500 });
  const snippet = snippets[chosen] ?? snippets[0];
  if (snippet === undefined) return null;
  return (
    <section className={styles.snippets} aria-label={label}>
      <div className={styles.head}>
        <SegmentedControl
          size="xs"
          aria-label={`${label}: language`}
          data={snippets.map(({ name }, i) => ({ label: name, value: String(i) }))}
          value={String(chosen)}
          onChange={(value) => setChosen(Number(value))}
        />
        <Button
          variant="subtle"
          leftSection={<Icon name={clipboard.copied ? "check" : "copy"} size={14} />}
          onClick={() => clipboard.copy(snippet.text)}
        >
          {clipboard.copied ? "Copied" : "Copy"}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable */}
      <section className={styles.text} tabIndex={0} aria-label={`${label}, ${snippet.name}`}>
        <pre>{snippet.text}</pre>
      </section>
    </section>
  );
}

/** Sends commands and knows which are on their way, until each is applied or rejected. */

import { notifications } from "@mantine/notifications";
import { useCallback, useEffect, useState } from "react";
import { describeError } from "../../api/problem";
import type { Command } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";

/** While the request itself is on its way, its command has no id yet. */
const SENDING = "";

export interface Commands {
  /** Name of each action under way → id of its command. */
  readonly pending: ReadonlyMap<string, string>;
  readonly send: (name: string, request: () => Promise<Command>) => void;
}

export function useCommands(store: RunStore): Commands {
  const [pending, setPending] = useState<ReadonlyMap<string, string>>(new Map());
  const outcomes = useRunPart(store, (view) => view.commands);

  const settle = useCallback((name: string) => {
    setPending((before) => new Map([...before].filter(([other]) => other !== name)));
  }, []);

  const send = useCallback(
    (name: string, request: () => Promise<Command>) => {
      setPending((before) => new Map(before).set(name, SENDING));
      request().then(
        (command) => {
          if (command.state === "rejected") complain(name, command.error ?? "no reason given");
          if (command.state === "applied" || command.state === "rejected") settle(name);
          // Slower than the request waits for: its outcome comes as an event.
          else setPending((before) => new Map(before).set(name, command.id));
        },
        (error: unknown) => {
          complain(name, describeError(error));
          settle(name);
        },
      );
    },
    [settle],
  );

  useEffect(() => {
    for (const [name, id] of pending) {
      const outcome = outcomes[id];
      if (outcome === undefined || outcome.state === "accepted") continue;
      if (outcome.state === "rejected") complain(name, outcome.reason ?? "no reason given");
      settle(name);
    }
  }, [pending, outcomes, settle]);

  return { pending, send };
}

function complain(name: string, words: string): void {
  notifications.show({
    color: "var(--bad)",
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} was not done`,
    message: words,
    autoClose: 10_000,
  });
}

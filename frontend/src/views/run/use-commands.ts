/** Sends commands and knows which are on their way, until each is applied or rejected. */

import { notifications } from "@mantine/notifications";
import { useCallback, useEffect, useState } from "react";
import { describeError } from "../../api/problem";
import type { Command } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";

/** While the request itself is on its way, its command has no id yet. */
const SENDING = "";

interface Pending {
  readonly name: string;
  readonly commandId: string;
}

export interface Commands {
  /** By key: those under way. */
  readonly pending: ReadonlyMap<string, Pending>;
  /** @param key tells actions of one name apart; left out: the name */
  readonly send: (name: string, request: () => Promise<Command>, key?: string) => void;
}

export function useCommands(store: RunStore): Commands {
  const [pending, setPending] = useState<ReadonlyMap<string, Pending>>(new Map());
  const outcomes = useRunPart(store, (view) => view.commands);

  const settle = useCallback((key: string) => {
    setPending((before) => new Map([...before].filter(([other]) => other !== key)));
  }, []);

  const send = useCallback(
    (name: string, request: () => Promise<Command>, key: string = name) => {
      setPending((before) => new Map(before).set(key, { name, commandId: SENDING }));
      request().then(
        (command) => {
          if (command.state === "rejected") complain(name, command.error ?? "no reason given");
          if (command.state === "applied" || command.state === "rejected") settle(key);
          // Slower than the request waits for: its outcome comes as an event.
          else setPending((before) => new Map(before).set(key, { name, commandId: command.id }));
        },
        (error: unknown) => {
          complain(name, describeError(error));
          settle(key);
        },
      );
    },
    [settle],
  );

  useEffect(() => {
    for (const [key, { name, commandId }] of pending) {
      const outcome = outcomes[commandId];
      if (outcome === undefined || outcome.state === "accepted") continue;
      if (outcome.state === "rejected") complain(name, outcome.reason ?? "no reason given");
      settle(key);
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

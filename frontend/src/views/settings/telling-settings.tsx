/** Whether the page tells of runs while somebody looks elsewhere; the browser is asked on a click. */

import { Button, Switch } from "@mantine/core";
import { useState } from "react";
import { setPreferences, usePreferences } from "../../ui/preferences";
import { askToTell, chime, type Permission, tell, tellingPermission } from "../../ui/telling";
import styles from "./settings-page.module.css";

const REASONS: Readonly<Record<Permission, string | null>> = {
  granted: null,
  default: "The browser has not been asked yet whether it may.",
  denied:
    "The browser does not allow notifications of this page; its own settings can change that.",
  missing: "This browser has no notifications here. A sound is possible all the same.",
};

export function TellingSettings() {
  const { tellEnd, tellAlert, sound } = usePreferences();
  const [permission, setPermission] = useState(tellingPermission);
  const isOn = tellEnd || tellAlert;
  const turn = async (parts: { tellEnd: boolean } | { tellAlert: boolean }, isWanted: boolean) => {
    setPreferences(parts);
    if (isWanted && permission === "default") setPermission(await askToTell());
  };
  return (
    <>
      <p className={styles.note}>
        By a notification of the desktop, while a tab with this page is open.
      </p>
      <Switch
        label="When a run ends"
        checked={tellEnd}
        onChange={({ currentTarget: { checked } }) => void turn({ tellEnd: checked }, checked)}
      />
      <Switch
        label="When a run raises a critical alert"
        checked={tellAlert}
        onChange={({ currentTarget: { checked } }) => void turn({ tellAlert: checked }, checked)}
      />
      <Switch
        label="With a sound"
        checked={sound}
        onChange={({ currentTarget: { checked } }) => setPreferences({ sound: checked })}
      />
      <p className={styles.care} role="status">
        {isOn ? REASONS[permission] : null}
      </p>
      <div>
        <Button
          disabled={!isOn}
          onClick={() => {
            tell({
              title: "Matinee",
              text: "This is how it tells.",
              about: "trial",
              onOpen: () => {},
            });
            if (sound) void chime();
          }}
        >
          Try it
        </Button>
      </div>
    </>
  );
}

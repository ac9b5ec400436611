/** Light, dark, or as the system has it. */

import { ActionIcon, type MantineColorScheme, Tooltip, useMantineColorScheme } from "@mantine/core";
import { Icon, type IconName } from "../../ui/icons";

const NEXT: Readonly<Record<MantineColorScheme, MantineColorScheme>> = {
  auto: "light",
  light: "dark",
  dark: "auto",
};

const LOOKS: Readonly<Record<MantineColorScheme, { icon: IconName; label: string }>> = {
  auto: { icon: "auto", label: "Colours: as the system" },
  light: { icon: "sun", label: "Colours: light" },
  dark: { icon: "moon", label: "Colours: dark" },
};

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { icon, label } = LOOKS[colorScheme];
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(NEXT[colorScheme])}>
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

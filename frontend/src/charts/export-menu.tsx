/** Any chart as a file: its picture, and its numbers. One small menu for all of them. */

import { ActionIcon, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Icon } from "../ui/icons";
import type { PictureFormat } from "./chart-files";
import type { ChartSubject } from "./chart-subject";
import styles from "./export-menu.module.css";

/** Numbers: from the server, exact and complete, or from the page. */
export type ExportTable =
  | { readonly label: string; readonly href: string }
  | { readonly label: string; readonly work: () => void };

interface ExportMenuProps {
  /** Of the button: which chart. */
  readonly label: string;
  readonly isSmall?: boolean;
  /** As it is when asked for; null while there is nothing. */
  readonly subject: () => ChartSubject | null;
  readonly tables: readonly ExportTable[];
}

export function ExportMenu({ label, isSmall = false, subject, tables }: ExportMenuProps) {
  const save = async (format: PictureFormat) => {
    const chosen = subject();
    if (chosen === null) return;
    try {
      const { savePicture } = await import("./chart-files");
      await savePicture(chosen, format);
    } catch (error) {
      notifications.show({
        color: "var(--bad)",
        title: "The picture was not made",
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon
          {...(isSmall ? { size: 20, className: styles.small } : {})}
          data-paper="off"
          aria-label={label}
        >
          <Icon name="download" size={isSmall ? 13 : 15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void save("png")}>This picture (PNG)</Menu.Item>
        <Menu.Item onClick={() => void save("svg")}>This picture (SVG)</Menu.Item>
        {tables.map((table) =>
          "href" in table ? (
            <Menu.Item key={table.label} component="a" href={table.href} download>
              {table.label}
            </Menu.Item>
          ) : (
            <Menu.Item key={table.label} onClick={table.work}>
              {table.label}
            </Menu.Item>
          ),
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

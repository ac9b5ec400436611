/** Mantine, dressed in the page's own language (`tokens.css`). */

import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  Popover,
  Select,
  Switch,
  TextInput,
  Tooltip,
} from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#e3f0f4",
  "#cfe6ed",
  "#a9d4e1",
  "#83c1d4",
  "#6cc3da",
  "#3a9fb9",
  "#1f87a2",
  "#0d6c86",
  "#0a566b",
  "#073f50",
];

const stone: MantineColorsTuple = [
  "#f7f6f3",
  "#efeee9",
  "#e4e2dc",
  "#d3d1c9",
  "#b5b3aa",
  "#8d8b82",
  "#65645c",
  "#4a4943",
  "#32312d",
  "#1b1b18",
];

const slate: MantineColorsTuple = [
  "#ecebe6",
  "#c0bfb8",
  "#9b9a93",
  "#73787a",
  "#2b2f30",
  "#222627",
  "#191c1d",
  "#131516",
  "#0e1011",
  "#0a0b0c",
];

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 4 },
  colors: { petrol, gray: stone, dark: slate },
  autoContrast: true,
  luminanceThreshold: 0.35,
  white: "#fffefc",
  black: "#1b1b18",
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  defaultRadius: 5,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: {
    xs: "0.6875rem",
    sm: "0.75rem",
    md: "0.8125rem",
    lg: "0.9375rem",
    xl: "1.25rem",
  },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: 28 } }),
    Button: Button.extend({ defaultProps: { size: "xs", variant: "default" } }),
    Input: Input.extend({ defaultProps: { size: "xs" } }),
    // The placeholder has a role that a menu must not contain; the first item takes the focus.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 } },
    }),
    Popover: Popover.extend({ defaultProps: { shadow: "md", withArrow: false } }),
    Select: Select.extend({ defaultProps: { size: "xs", allowDeselect: false } }),
    Switch: Switch.extend({ defaultProps: { size: "xs" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        multiline: true,
        maw: 320,
        openDelay: 250,
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
});

const fromTokens = {
  "--mantine-color-body": "var(--paper)",
  "--mantine-color-text": "var(--ink)",
  "--mantine-color-dimmed": "var(--ink-3)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-color-placeholder": "var(--ink-3)",
  "--mantine-color-anchor": "var(--accent)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--sunken)",
  "--mantine-color-default-color": "var(--ink)",
  "--mantine-color-default-border": "var(--line)",
};

/** Mantine's own colours point at the tokens, so that both have one source. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: fromTokens,
  dark: fromTokens,
});

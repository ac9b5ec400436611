/** Mantine, dressed in the page's own language (`tokens.css`). */

import {
  type ActionIconProps,
  type ButtonProps,
  type CSSVariablesResolver,
  createTheme,
  type InputProps,
  type MantineColorsTuple,
  type MenuProps,
  type ModalProps,
  type PopoverProps,
  type SelectProps,
  type SwitchProps,
  type TextInputProps,
  type TooltipProps,
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
    ActionIcon: withDefaults<ActionIconProps>({ variant: "subtle", color: "gray", size: 28 }),
    Button: withDefaults<ButtonProps>({ size: "xs", variant: "default" }),
    Input: withDefaults<InputProps>({ size: "xs" }),
    // The placeholder has a role that a menu must not contain; the first item takes the focus.
    Menu: withDefaults<MenuProps>({ withInitialFocusPlaceholder: false }),
    Modal: withDefaults<ModalProps>({ centered: true, overlayProps: { backgroundOpacity: 0.35 } }),
    Popover: withDefaults<PopoverProps>({ shadow: "md", withArrow: false }),
    Select: withDefaults<SelectProps>({ size: "xs", allowDeselect: false }),
    Switch: withDefaults<SwitchProps>({ size: "xs" }),
    TextInput: withDefaults<TextInputProps>({ size: "xs" }),
    Tooltip: withDefaults<TooltipProps>({
      multiline: true,
      maw: 320,
      openDelay: 250,
      events: { hover: true, focus: true, touch: true },
    }),
  },
});

/** As the component's own `extend` does: but that would load each of them with the first page. */
function withDefaults<Props>(defaultProps: Partial<Props>): { defaultProps: Partial<Props> } {
  return { defaultProps };
}

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

/** The page's pictograms: 16 × 16, one stroke weight, coloured by the text around them. */

import type { ReactNode } from "react";

const SHAPES = {
  play: <path d="M5 3.2v9.6L12.8 8z" fill="currentColor" stroke="none" />,
  pause: <path d="M5.2 3.5v9M10.8 3.5v9" strokeWidth="2.4" />,
  step: <path d="M3.5 3.5v9L9.8 8zM12.3 3.5v9" strokeLinejoin="round" />,
  stop: <rect x="3.8" y="3.8" width="8.4" height="8.4" rx="1" fill="currentColor" stroke="none" />,
  abort: <path d="M5.4 2.5h5.2l2.9 2.9v5.2l-2.9 2.9H5.4l-2.9-2.9V5.4zM6 6l4 4m0-4-4 4" />,
  record: <circle cx="8" cy="8" r="4.6" fill="currentColor" stroke="none" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  search: <path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4 14 14" />,
  sun: (
    <path d="M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1" />
  ),
  moon: <path d="M13.3 9.6A5.6 5.6 0 0 1 6.4 2.7a5.6 5.6 0 1 0 6.9 6.9z" />,
  auto: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" fill="currentColor" stroke="none" />
    </>
  ),
  help: <path d="M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4v.3M8 11.9v.1" />,
  book: (
    <path d="M8 4.2C6.6 3 4.6 2.7 2.5 3v9.3c2.1-.3 4.1 0 5.5 1.2 1.4-1.2 3.4-1.5 5.5-1.2V3c-2.1-.3-4.1 0-5.5 1.2zM8 4.2v9.3" />
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 7.4v3.4M8 5.1v.1" />
    </>
  ),
  undo: <path d="M5.5 3 2.8 5.8l2.7 2.7M3 5.8h6.2a3.6 3.6 0 0 1 0 7.2H6" />,
  reset: <path d="M3.2 8a4.8 4.8 0 1 0 1.5-3.5L3 6.1M3 2.8v3.3h3.3" />,
  curve: <path d="M2.5 3.5c4 0 3 9 11 9" />,
  copy: <path d="M6 5.5h7v8H6zM10 3H3v8" />,
  check: <path d="m3 8.5 3.3 3.3L13 4.6" />,
  download: <path d="M8 2.5v7.2M4.8 6.8 8 10l3.2-3.2M3 13.3h10" />,
  pencil: <path d="m3 13 .7-3L10.9 2.8l2.3 2.3L6 12.3zM9.4 4.3l2.3 2.3" />,
  trash: <path d="M3 4.5h10M6.5 4.3V2.8h3v1.5M4.5 4.5l.6 8.7h5.8l.6-8.7M7 7v4M9 7v4" />,
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  glasses: (
    <path d="M4.3 12a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zm7.4 0a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zM6.6 9a2 2 0 0 1 2.8 0M1.9 9.2 3.6 4h1M14.1 9.2 12.4 4h-1" />
  ),
  more: <path d="M3.5 8h.1M8 8h.1M12.5 8h.1" strokeWidth="2.4" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  live: <path d="M3 8h7M7 4.5 10.5 8 7 11.5M13 3.5v9" />,
  warning: <path d="M8 2.6 14.3 13H1.7zM8 6.6v3M8 11.3v.1" />,
  flag: <path d="M4 14V2.8M4 3h8l-2 2.8L12 8.6H4" />,
  terminal: <path d="m3 4.5 3.5 3.5L3 11.5M8 12h5" />,
  save: <path d="M3 3h8l2 2v8H3zM5.5 3v3.2h4.5V3M5.2 13V9.4h5.6V13" />,
  pin: <path d="M6 2.5h4l-.6 4.2 2.1 2.3H4.5l2.1-2.3zM8 9v4.8" />,
  pinned: <path d="M6 2.5h4l-.6 4.2 2.1 2.3H4.5l2.1-2.3zM8 9v4.8" fill="currentColor" />,
  fork: (
    <path d="M5 5.2v5.6M5 5.2a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM5 14a1.6 1.6 0 1 0 0-3.2A1.6 1.6 0 0 0 5 14zM11.4 5.2a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zm0 0c0 3-4.5 2.6-6.1 4.4" />
  ),
  compare: <path d="M2.5 13V3M2.5 13h11M5 10.5c3 0 3-6 8-6M5 11.5c4 0 5-3 8-3" />,
  list: <path d="M2.8 4h.1M2.8 8h.1M2.8 12h.1M6 4h7.5M6 8h7.5M6 12h7.5" />,
  race: <path d="M3.5 14V2.5M3.5 3h9v6h-9M6.5 3v6M9.5 3v6M3.5 6h9" />,
  sliders: <path d="M2.5 5h6M12 5h1.5M2.5 11H5M8.5 11h5M10.2 3.4v3.2M6.8 9.4v3.2" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[name]}
    </svg>
  );
}

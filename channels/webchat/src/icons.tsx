import type { VNode } from 'preact'

/** Line icons on a grid of 24, drawn in the colour of the text around them; what they mean stands beside them in words. */
function icon(...paths: string[]): () => VNode {
  return () => (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {paths.map((path) => (
        <path d={path} />
      ))}
    </svg>
  )
}

export const SendIcon = icon('M12 19V5', 'm5.5 11.5 6.5-6.5 6.5 6.5')
export const AttachIcon = icon(
  'm20.5 11.5-8.6 8.6a5.6 5.6 0 0 1-7.9-7.9l8.6-8.6a3.7 3.7 0 0 1 5.3 5.3l-8.6 8.6a1.9 1.9 0 0 1-2.7-2.7l7.9-7.8',
)
export const PlaceIcon = icon(
  'M12 21.5s-7-6.2-7-11.6a7 7 0 0 1 14 0c0 5.4-7 11.6-7 11.6Z',
  'M12 12.4a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2Z',
)
export const BackIcon = icon('M15 5.5 8.5 12l6.5 6.5')
export const NextIcon = icon('m9 5.5 6.5 6.5L9 18.5')
export const SettingsIcon = icon(
  'M4 7.5h9',
  'M17 7.5h3',
  'M4 16.5h3',
  'M11 16.5h9',
  'M15 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  'M9 19a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
)
export const SearchIcon = icon('M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z', 'm20 20-4.8-4.8')
export const WhyIcon = icon(
  'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z',
  'M9.6 9.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.7v.3',
  'M12 16.6v.2',
)
export const AgainIcon = icon('M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9', 'M19.5 4.5V9H15')
export const StopIcon = icon(
  'M7.5 7h9a.5.5 0 0 1 .5.5v9a.5.5 0 0 1-.5.5h-9a.5.5 0 0 1-.5-.5v-9a.5.5 0 0 1 .5-.5Z',
)
export const EditIcon = icon('M4.5 19.5h4L19 9a2.1 2.1 0 0 0-4-4L4.5 15.5v4Z')
export const DownIcon = icon('M12 5v14', 'm5.5 12.5 6.5 6.5 6.5-6.5')
export const CopyIcon = icon(
  'M10.5 9h8A1.5 1.5 0 0 1 20 10.5v8a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 9 18.5v-8A1.5 1.5 0 0 1 10.5 9Z',
  'M5.5 15A1.5 1.5 0 0 1 4 13.5v-8A1.5 1.5 0 0 1 5.5 4h8A1.5 1.5 0 0 1 15 5.5',
)
export const CheckIcon = icon('m5 12.5 4.5 4.5L19 7.5')
export const ClockIcon = icon('M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z', 'M12 7.5V12l3 2')
export const AlertIcon = icon('M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z', 'M12 7.8v4.8', 'M12 16v.2')
export const CloseIcon = icon('m6.5 6.5 11 11', 'm17.5 6.5-11 11')
export const FileIcon = icon(
  'M13.5 3.5h-6A1.5 1.5 0 0 0 6 5v14a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 18 19V8l-4.5-4.5Z',
  'M13.5 3.5V8H18',
)
export const PictureIcon = icon(
  'M5.5 4.5h13A1.5 1.5 0 0 1 20 6v12a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18V6a1.5 1.5 0 0 1 1.5-1.5Z',
  'm4.5 17 4.6-4.6a1.5 1.5 0 0 1 2.1 0l6.6 6.6',
  'M15 10.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4Z',
)
export const PlugIcon = icon(
  'M9 3.5v5',
  'M15 3.5v5',
  'M6.5 8.5h11v3.2a5.5 5.5 0 0 1-11 0V8.5Z',
  'M12 17.2v3.3',
)
export const HouseIcon = icon(
  'm4 11 8-6.6 8 6.6',
  'M6.2 9.4v9a1.4 1.4 0 0 0 1.4 1.4h8.8a1.4 1.4 0 0 0 1.4-1.4v-9',
  'M12 15.6a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z',
)

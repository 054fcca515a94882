import type { ComponentChildren, VNode } from 'preact'

interface Props {
  readonly label: string
  readonly isOpen?: boolean
  /** It can be reached and does nothing now. */
  readonly isOff?: boolean
  readonly onPress: () => void
  readonly children: ComponentChildren
}

/** A small button with an icon, at a message. */
export function Tool({ label, isOpen, isOff, onPress, children }: Props): VNode {
  return (
    <button
      type="button"
      class="tool small"
      aria-label={label}
      title={label}
      aria-expanded={isOpen}
      aria-disabled={isOff}
      onClick={onPress}
    >
      {children}
    </button>
  )
}

import type { VNode } from 'preact'
import { useStore, useWords } from './context.ts'
import { CloseIcon } from './icons.tsx'

/** Why there is no location, said where the person asked for it. */
export function LocationNotice(): VNode | null {
  const { sharing } = useStore()
  const words = useWords()
  const missing = sharing.missing.value
  if (!missing) return null
  const why = {
    refused: words.locationRefused,
    insecure: words.locationInsecure,
    unknown: words.locationUnknown,
  }
  return (
    <p class="hint" role="status">
      {why[missing]}
      <button type="button" aria-label={words.closeNote} onClick={() => (sharing.missing.value = undefined)}>
        <CloseIcon />
      </button>
    </p>
  )
}

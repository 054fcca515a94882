import type { VNode } from 'preact'
import { usePage } from './context.ts'
import { BackIcon } from './icons.tsx'

/** To where one came from. */
export function BackLink({ address, label }: { address: string; label: string }): VNode {
  const { router } = usePage()
  return (
    <a
      class="tool"
      href={address}
      aria-label={label}
      onClick={(event) => {
        event.preventDefault()
        router.backTo(address)
      }}
    >
      <BackIcon />
    </a>
  )
}

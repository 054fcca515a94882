import type { RefObject, VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { Virtualizer, type VirtualizerHandle } from 'virtua'

export type LongListHandle = VirtualizerHandle

interface Props<Item extends { readonly key: string }> {
  readonly items: readonly Item[]
  /** What scrolls. */
  readonly view: RefObject<HTMLElement | null>
  readonly handle: RefObject<LongListHandle | null>
  /** Changes when items were put in front: then what is read stays where it is. */
  readonly front: number | undefined
  /** Stays in the document, wherever one scrolls to. */
  readonly isHeld: (item: Item) => boolean
  readonly children: (item: Item, at: number) => VNode
}

/** Above and below the view, in pixels: a screen, so that who scrolls fast sees no gap. */
const AROUND = 800
/** Below the top of what scrolls, in pixels: the padding of the column. */
export const TOP = 12

/** Any number of rows of any height, of which only those around the view are in the document. */
export function LongList<Item extends { readonly key: string }>(props: Props<Item>): VNode {
  const { items, view, handle, front, isHeld, children } = props
  const known = useRef(front)
  const isPrepended = known.current !== undefined && front !== known.current
  known.current = front
  const held = items.flatMap((item, at) => (isHeld(item) ? [at] : []))
  return (
    <Virtualizer
      ref={handle}
      scrollRef={view}
      data={items}
      shift={isPrepended}
      bufferSize={AROUND}
      startMargin={TOP}
      keepMounted={held}
    >
      {(item: Item, at: number) => <div key={item.key}>{children(item, at)}</div>}
    </Virtualizer>
  ) as VNode
}

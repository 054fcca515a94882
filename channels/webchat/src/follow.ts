/**
 * Where a chat is scrolled to, moved only by what the person does.
 * It follows the end until the answer that is arriving fills the view; then its first line stays at the top.
 * Any movement upward ends the following. Being at the end again, sending and the button begin it.
 */
export interface Follow {
  /** Goes to the end and follows it from now on. */
  toEnd(): void
  /** Follows the end no more: the person wants to be elsewhere. */
  leave(): void
  /** Something was read: who waits at the top, where nothing scrolls any more, is near the top still. */
  look(): void
  /** The row under the eye; undefined while the end is followed. */
  remember(): Place | undefined
  close(): void
}

/** A row of the chat and how far below the top of the view it is, in pixels. */
export interface Place {
  readonly key: string
  readonly top: number
}

interface Parts {
  /** What scrolls. */
  readonly view: HTMLElement
  /** What is in it; its messages carry `data-row` (days do not: they move), an answer that is arriving `data-live`. */
  readonly content: HTMLElement
  /** True while there is something below the view. */
  readonly onAway: (away: boolean) => void
  /** The view is within two screens of the oldest row. */
  readonly onNearTop: () => void
  /** Where the person was when the chat was left; undefined: at the end. */
  readonly place: Place | undefined
  /** Puts this row back where it was, also one that is not in the document now. */
  readonly showRow: (place: Place) => void
}

const HOLDING = ['pointerdown', 'touchmove']
const LETTING_GO = ['pointerup', 'touchend', 'touchcancel']
const UPWARD = new Set(['ArrowUp', 'PageUp', 'Home'])
const AT_END = 2
const AWAY = 96
/** Air above the first line of a long answer. */
const AIR = 12

export function createFollow({ view, content, onAway, onNearTop, place, showRow }: Parts): Follow {
  let following = !place
  /** Held until the person moves: rows that come into view are measured first. */
  let held = place
  let live: Element | null = null
  /** The person went to the end of this answer: it is followed without the limit. */
  let passed: Element | null = null
  let lastTop = view.scrollTop
  let lastHeight = view.scrollHeight
  let isDragged = false
  /** Until then it is the list that moves: it measures its rows, and older ones come in front of them. */
  let hasPerson = false

  const endOf = (): number => view.scrollHeight - view.clientHeight
  const topOf = (row: Element): number => row.getBoundingClientRect().top - view.getBoundingClientRect().top

  function moveTo(top: number): void {
    view.scrollTop = top
    lastTop = view.scrollTop
  }

  function settle(): void {
    live = content.querySelector('[data-live]') ?? live
    if (following) {
      const limited = live?.isConnected && live !== passed
      const limit = limited && live ? view.scrollTop + topOf(live) - AIR : Infinity
      const target = Math.min(endOf(), limit)
      if (target > view.scrollTop) moveTo(target)
    }
    if (held) hold(held)
    know()
    report()
  }

  function hold({ key, top }: Place): void {
    const row = content.querySelector(`[data-row="${CSS.escape(key)}"]`)
    if (row) moveTo(view.scrollTop + topOf(row) - top)
  }

  /** What moved because the content shrank or grew is no movement of the person, unless it is the scrollbar in their hand. */
  function know(): void {
    lastTop = view.scrollTop
    lastHeight = view.scrollHeight
  }

  function report(): void {
    onAway(endOf() - view.scrollTop > AWAY)
    if (view.scrollTop < 2 * view.clientHeight) onNearTop()
  }

  function follow(): void {
    held = undefined
    following = true
    passed = live
  }

  function onScroll(): void {
    const top = view.scrollTop
    const isSameContent = view.scrollHeight === lastHeight
    if (hasPerson && lastTop - top > 1 && (isSameContent || isDragged)) following = false
    else if (isSameContent && top > lastTop && endOf() - top <= AT_END) follow()
    know()
    report()
  }

  /** @param isUp nothing else ends the following */
  function onMove(isUp: boolean): void {
    hasPerson = true
    held = undefined
    if (isUp && view.scrollTop > 0) following = false
  }

  function onPointer({ type }: Event): void {
    hasPerson = true
    held = undefined
    isDragged = HOLDING.includes(type)
  }

  const sizes = new ResizeObserver(settle)
  sizes.observe(view)
  sizes.observe(content)
  const stopListening = listen(view, { onScroll, onMove, onPointer })
  if (place) showRow(place)

  return {
    leave() {
      following = false
      held = undefined
    },
    look: report,
    toEnd() {
      follow()
      moveTo(endOf())
      report()
    },
    remember() {
      if (following) return undefined
      const row = rowAtTop(view, content)
      return row ? { key: row.getAttribute('data-row') ?? '', top: topOf(row) } : undefined
    },
    close() {
      sizes.disconnect()
      stopListening()
    },
  }
}

/** The first row that is seen, if only a part of it. */
const rowAtTop = (view: HTMLElement, content: HTMLElement): Element | undefined =>
  [...content.querySelectorAll('[data-row]')].find(
    (row) => row.getBoundingClientRect().bottom > view.getBoundingClientRect().top,
  )

interface Moves {
  onScroll(): void
  onMove(isUp: boolean): void
  onPointer(event: Event): void
}

/** Hears what a person does to move; gives the undo. */
function listen(view: HTMLElement, { onScroll, onMove, onPointer }: Moves): () => void {
  const over = new AbortController()
  const options = { passive: true, signal: over.signal }
  view.addEventListener('scroll', onScroll, options)
  view.addEventListener('wheel', ({ deltaY }) => onMove(deltaY < 0), options)
  view.addEventListener('keydown', ({ key }) => onMove(UPWARD.has(key)), options)
  for (const type of HOLDING) view.addEventListener(type, onPointer, options)
  for (const type of LETTING_GO) addEventListener(type, onPointer, options)
  return () => over.abort()
}

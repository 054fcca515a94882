import type { MemoryEntry } from '#contract'
import { type Signal, useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { exportAddress } from './api.ts'
import { Problem, useAttempt } from './attempt.tsx'
import { useStore, useTimes, useWords } from './context.ts'
import { SYSTEM } from './turn.ts'

/** What is remembered about the person, with its source: to look through, correct, forget and take along. */
export default function MemoriesPage(): VNode {
  const user = useStore().people.user.value
  return <MemoriesOf key={user} user={user} />
}

/** Core takes no longer text, in characters. */
const MOST = 100_000

interface Shown {
  readonly entries: readonly MemoryEntry[]
  /** Where the next page begins; undefined on the last one. */
  readonly next?: number | undefined
}

function MemoriesOf({ user }: { user: string }): VNode {
  const { mine } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()
  const wanted = useSignal('')
  const shown = useSignal<Shown | undefined>(undefined)

  const look = (before?: number): Promise<void> =>
    attempt(async () => {
      const q = wanted.value
      const { memories: found, next } = await mine.memories(user, { q: q || undefined, before })
      const known = before === undefined ? [] : (shown.value?.entries ?? [])
      if (q === wanted.value) shown.value = { entries: [...known, ...found], next }
    })
  useEffect(() => void look(), [])

  function search(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    wanted.value = String(new FormData(event.currentTarget).get('q') ?? '').trim()
    void look()
  }

  const entries = shown.value?.entries
  const next = shown.value?.next
  return (
    <>
      <p class="muted page-note">{words.memoriesHint}</p>
      <form class="field" role="search" onSubmit={search}>
        <label for="q">{words.searchMemories}</label>
        <input id="q" name="q" type="search" />
        <button type="submit" class="quiet">
          {words.search}
        </button>
        <a class="quiet" href={exportAddress(user)} download>
          {words.exportMemories}
        </a>
      </form>
      <Problem text={problem} />
      {entries?.length === 0 && <p class="muted">{words.noMemories}</p>}
      <ul class="plugin-list">
        {entries?.map((entry) => (
          <MemoryCard key={entry.id} user={user} entry={entry} onChanged={() => void look()} />
        ))}
      </ul>
      {next !== undefined && (
        <button type="button" class="quiet" onClick={() => void look(next)}>
          {words.more}
        </button>
      )}
      <ForgetChat user={user} onChanged={() => void look()} />
    </>
  )
}

interface CardProps {
  readonly user: string
  readonly entry: MemoryEntry
  readonly onChanged: () => void
}

function MemoryCard({ user, entry, onChanged }: CardProps): VNode {
  const { mine } = useStore()
  const words = useWords()
  const doing = useSignal<'nothing' | 'editing' | 'forgetting'>('nothing')
  const { problem, attempt } = useAttempt()
  const forget = (): Promise<void> =>
    attempt(async () => {
      await mine.forgetMemory(user, entry.id)
      onChanged()
    })
  const isForgetting = doing.value === 'forgetting'
  const forgetWord = isForgetting ? words.reallyForget : words.forget
  return (
    <li class="section">
      {doing.value === 'editing' ? (
        <Editor user={user} entry={entry} onChanged={onChanged} doing={doing} />
      ) : (
        <p dir="auto" class="memory-text">
          {entry.memory}
        </p>
      )}
      <Source entry={entry} />
      <Problem text={problem} />
      <div class="plugin-tools">
        {doing.value === 'nothing' && (
          <button
            type="button"
            class="quiet"
            aria-label={`${words.edit}: ${entry.memory}`}
            onClick={() => (doing.value = 'editing')}
          >
            {words.edit}
          </button>
        )}
        <button
          type="button"
          class="quiet"
          aria-label={`${forgetWord}: ${entry.memory}`}
          onClick={() => (isForgetting ? void forget() : (doing.value = 'forgetting'))}
        >
          {forgetWord}
        </button>
        {doing.value !== 'nothing' && (
          <button type="button" class="quiet" onClick={() => (doing.value = 'nothing')}>
            {words.cancel}
          </button>
        )}
      </div>
    </li>
  )
}

function Editor({ user, entry, onChanged, doing }: CardProps & { doing: Signal<string> }): VNode {
  const { mine } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('text') ?? '').trim()
    void attempt(async () => {
      await mine.editMemory(user, entry.id, text)
      doing.value = 'nothing'
      onChanged()
    })
  }

  return (
    <form class="field" onSubmit={submit}>
      <textarea
        name="text"
        rows={rowsOf(entry.memory)}
        defaultValue={entry.memory}
        aria-label={words.edit}
        maxLength={MOST}
        required
        autoFocus
      />
      <Problem text={problem} />
      <button type="submit" class="quiet">
        {words.save}
      </button>
    </form>
  )
}

/** As many lines as the text has, or takes: three at least, so that it is seen that there may be several. */
const rowsOf = (text: string): number =>
  Math.min(12, Math.max(3, text.split('\n').length, Math.ceil(text.length / 60)))

/** Who it comes from, which chat, and when. */
function Source({ entry: { source, created_at, until } }: { entry: MemoryEntry }): VNode {
  const { people } = useStore()
  const words = useWords()
  const times = useTimes()
  const where =
    source.chat !== undefined
      ? words.saidIn(people.nameOf(source.chat))
      : source.kind === 'file'
        ? words.readIn(source.id)
        : words.addedBy(source.id === 'owner' ? words.owner : source.id)
  return (
    <p class="muted page-note">
      {source.speaker !== undefined && `${source.speaker} · `}
      {where} · <time dateTime={created_at}>{times.fullTime(created_at)}</time>
      {until !== undefined && ` · ${words.noLonger}`}
    </p>
  )
}

function ForgetChat({ user, onChanged }: { user: string; onChanged: () => void }): VNode {
  const { mine, people } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const partner = String(new FormData(event.currentTarget).get('chat'))
    void attempt(async () => {
      await mine.forgetMemoriesOf({ user, partner })
      onChanged()
    })
  }

  return (
    <details class="field">
      <summary>{words.forgetChat}</summary>
      <form class="field" onSubmit={submit}>
        <p class="muted">{words.forgetChatHint}</p>
        <div class="select">
          <select name="chat" aria-label={words.forgetChat}>
            {[SYSTEM, ...people.companions.value.map(({ id }) => id)].map((partner) => (
              <option key={partner} value={partner}>
                {people.nameOf(partner)}
              </option>
            ))}
          </select>
        </div>
        <Problem text={problem} />
        <button type="submit" class="quiet">
          {words.reallyForget}
        </button>
      </form>
    </details>
  )
}

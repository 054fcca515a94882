import type { CompanionEntry } from '#contract'
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { FriendSettings } from './api.ts'
import { Problem, useAttempt } from './attempt.tsx'
import { useStore, useWords } from './context.ts'
import { ownName } from './language.ts'
import { isThere } from './people.ts'
import type { Words } from './words/en.ts'

/** Languages that are offered; another one that is set already stays. */
const LANGUAGES = ['en', 'zh', 'ja', 'ko', 'es', 'fr', 'de', 'pt', 'it', 'ru', 'ar']

interface Wish {
  readonly key: string
  readonly label: (words: Words) => string
  readonly hint?: (words: Words) => string
  /** What may be chosen, with its name; undefined: it is typed. */
  readonly choices?: (words: Words) => Readonly<Record<string, string>>
  readonly input?:
    | { readonly type: 'text'; readonly required: true; readonly maxLength: number }
    | { readonly type: 'number'; readonly required: true; readonly min: number; readonly max: number }
    | { readonly type: 'time' }
}

/** What the page knows to show of a friend's settings; of these, what the plugin has. */
const WISHES: readonly Wish[] = [
  {
    key: 'name',
    label: ({ friendName }) => friendName,
    input: { type: 'text', required: true, maxLength: 60 },
  },
  { key: 'character', label: ({ character }) => character, choices: ({ characters }) => characters },
  { key: 'language', label: ({ language }) => language, choices: languages },
  { key: 'response_length', label: ({ answerLength }) => answerLength, choices: ({ lengths }) => lengths },
  {
    key: 'idle_days_before_nudge',
    label: ({ idleDays }) => idleDays,
    hint: ({ idleDaysHint }) => idleDaysHint,
    input: { type: 'number', required: true, min: 0, max: 365 },
  },
  {
    key: 'good_morning',
    label: ({ goodMorning }) => goodMorning,
    hint: ({ timeHint }) => timeHint,
    input: { type: 'time' },
  },
  {
    key: 'good_night',
    label: ({ goodNight }) => goodNight,
    hint: ({ timeHint }) => timeHint,
    input: { type: 'time' },
  },
]

function languages(): Readonly<Record<string, string>> {
  return Object.fromEntries(LANGUAGES.map((code) => [code, ownName(code)]))
}

/**
 * How a friend is with this person, where the friend's plugin has settings. What is typed stays when the plugin is away,
 * and what it has comes by itself when it is back.
 */
export function FriendWishes({ user, companion }: { user: string; companion: CompanionEntry }): VNode {
  const { mine } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()
  const kept = useSignal<FriendSettings | undefined>(undefined)
  const isSaved = useSignal(false)
  const { id, name } = companion
  const isAway = !isThere(companion)

  useEffect(() => {
    if (isAway || kept.value) return
    void attempt(async () => void (kept.value = await mine.friendSettings(user, id)))
  }, [isAway])

  const save = (changes: FriendSettings): Promise<void> =>
    attempt(async () => {
      isSaved.value = false
      if (Object.keys(changes).length > 0) kept.value = await mine.changeFriendSettings(user, id, changes)
      isSaved.value = true
    })

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    void save(changesIn(new FormData(event.currentTarget), kept.value ?? {}))
  }

  const wishes = WISHES.filter(({ key }) => Object.hasOwn(kept.value ?? {}, key))
  return (
    <>
      {isAway && (
        <p class="field" role="status">
          {words.friendAway(name)}
        </p>
      )}
      <Problem text={isAway ? '' : problem} />
      {wishes.length > 0 && (
        <form class="field" aria-label={name} onSubmit={submit} onInput={() => (isSaved.value = false)}>
          {wishes.map((wish) => (
            <WishField key={wish.key} wish={wish} id={`${id}-${wish.key}`} value={kept.value?.[wish.key]} />
          ))}
          <p role="status">{isSaved.value && words.saved}</p>
          <button type="submit" class="quiet" aria-label={`${words.save}: ${name}`} disabled={isAway}>
            {words.save}
          </button>
        </form>
      )}
    </>
  )
}

function WishField({ wish, id, value }: { wish: Wish; id: string; value: unknown }): VNode {
  const { key, label, hint, choices, input } = wish
  const words = useWords()
  const now = String(value ?? '')
  return (
    <div class="wish">
      <label for={id}>{label(words)}</label>
      {choices && <Choice id={id} name={key} now={now} names={choices(words)} />}
      {input && <input id={id} name={key} {...input} defaultValue={now} aria-describedby={`${id}-hint`} />}
      {hint && (
        <p id={`${id}-hint`} class="muted">
          {hint(words)}
        </p>
      )}
    </div>
  )
}

function Choice({
  id,
  name,
  now,
  names,
}: {
  id: string
  name: string
  now: string
  names: Readonly<Record<string, string>>
}): VNode {
  const all = Object.hasOwn(names, now) ? names : { ...names, [now]: now }
  return (
    <div class="select">
      <select id={id} name={name}>
        {Object.entries(all).map(([choice, text]) => (
          <option key={choice} value={choice} selected={choice === now}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

/** What differs from what is kept; numbers stay numbers. */
function changesIn(form: FormData, kept: FriendSettings): FriendSettings {
  const given = [...form].map(([key, value]): [string, unknown] => [
    key,
    typeof kept[key] === 'number' ? Number(value) : String(value).trim(),
  ])
  return Object.fromEntries(given.filter(([key, value]) => value !== kept[key]))
}

import type { CompanionEntry, NudgeChanges, NudgeRules } from '#contract'
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { Problem, useAttempt } from './attempt.tsx'
import { useStore, useTimes, useWords } from './context.ts'
import { FriendWishes } from './friend-wishes.tsx'
import { Section } from './section.tsx'

/** How each friend is with the person, which of them may write first, and when. */
export default function FriendsPage(): VNode {
  const user = useStore().people.user.value
  return <FriendsOf key={user} user={user} />
}

type RulesOf = Readonly<Record<string, NudgeRules>>

function FriendsOf({ user }: { user: string }): VNode {
  const { mine, people } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()
  const rules = useSignal<RulesOf>({})
  const companions = people.companions.value
  const ids = companions.map(({ id }) => id)

  const look = async (): Promise<void> => {
    const found = await Promise.all(ids.map(async (id) => [id, await mine.nudges(user, id)] as const))
    rules.value = Object.fromEntries(found)
  }
  const change = (companion: string, changes: NudgeChanges): Promise<void> =>
    attempt(async () => {
      await mine.changeNudges(user, companion, changes)
      await look()
    })
  useEffect(() => void attempt(look), [ids.join()])

  const [first] = companions.flatMap(({ id }) => (rules.value[id] ? [{ id, rule: rules.value[id] }] : []))
  return (
    <>
      <p class="muted page-note">{companions.length > 0 ? words.friendsHint : words.friendsNone}</p>
      <Problem text={problem} />
      {companions.map((companion) => (
        <FriendSection
          key={companion.id}
          user={user}
          companion={companion}
          rule={rules.value[companion.id]}
          onAllow={(allowed) => void change(companion.id, { allowed })}
        />
      ))}
      {first && <WritingFirst rule={first.rule} onChange={(changes) => change(first.id, changes)} />}
    </>
  )
}

function FriendSection({
  user,
  companion,
  rule,
  onAllow,
}: {
  user: string
  companion: CompanionEntry
  rule: NudgeRules | undefined
  onAllow: (allowed: boolean) => void
}): VNode {
  const words = useWords()
  return (
    <Section title={companion.name}>
      {rule && (
        <div class="field">
          <label class="switch">
            <input
              type="checkbox"
              role="switch"
              checked={rule.allowed}
              aria-label={`${words.mayWriteFirst}: ${companion.name}`}
              onChange={({ currentTarget }) => onAllow(currentTarget.checked)}
            />
            <span>{words.mayWriteFirst}</span>
          </label>
          <p class="muted">{words.mayWriteFirstHint}</p>
        </div>
      )}
      <FriendWishes user={user} companion={companion} />
    </Section>
  )
}

/** What holds for all friends together. What is changed here while it is being saved stays as it was changed. */
function WritingFirst({
  rule,
  onChange,
}: {
  rule: NudgeRules
  onChange: (changes: NudgeChanges) => Promise<void>
}): VNode {
  const words = useWords()
  const times = useTimes()
  const isQuiet = useSignal(rule.quiet_hours !== '')
  const [from = '22:00', until = '08:00'] = rule.quiet_hours ? rule.quiet_hours.split('-') : []

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const quiet_hours = isQuiet.value ? `${String(form.get('from'))}-${String(form.get('until'))}` : ''
    void onChange({ quiet_hours, most_a_day: Number(form.get('most')) })
  }

  return (
    <Section title={words.writingFirst}>
      {rule.muted_until && (
        <div class="field">
          <p>{words.mutedUntil(times.fullTime(rule.muted_until))}</p>
          <button type="button" class="quiet" onClick={() => void onChange({ muted_until: null })}>
            {words.unmute}
          </button>
        </div>
      )}
      <form class="field" aria-label={words.writingFirst} onSubmit={submit}>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={isQuiet.value}
            onChange={({ currentTarget }) => (isQuiet.value = currentTarget.checked)}
          />
          <span>{words.quietHours}</span>
        </label>
        {isQuiet.value && (
          <div class="pair">
            <label>
              {words.quietFrom}
              <input name="from" type="time" required defaultValue={from} />
            </label>
            <label>
              {words.quietUntil}
              <input name="until" type="time" required defaultValue={until} />
            </label>
          </div>
        )}
        <label for="most">{words.mostADay}</label>
        <input id="most" name="most" type="number" min={1} max={20} required defaultValue={rule.most_a_day} />
        <button type="submit" class="quiet" aria-label={`${words.save}: ${words.writingFirst}`}>
          {words.save}
        </button>
      </form>
    </Section>
  )
}

import type { UserEntry } from '#contract'
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { Problem, useAttempt } from './attempt.tsx'
import { useStore, useWords } from './context.ts'
import { Section } from './section.tsx'

/** Who is logged in, the way out, and the pass codes: one's own, or for the owner those of all people. */
export function AccountSection(): VNode {
  const { people } = useStore()
  const words = useWords()
  const self = people.users.value.find(({ id }) => id === people.self.value)
  return (
    <>
      <Section title={words.account}>
        <LogOutField name={self ? self.name || self.id : words.owner} />
        {self && <OwnCode user={self.id} />}
      </Section>
      {!self && people.users.value.length > 0 && (
        <Section title={words.passCodes}>
          <p class="muted">{words.passCodesHint}</p>
          {people.users.value.map((user) => (
            <CodeOf key={user.id} user={user} />
          ))}
        </Section>
      )}
    </>
  )
}

function LogOutField({ name }: { name: string }): VNode {
  const { logOut, notifications, unsent } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()
  const doubtful = useSignal<{ everywhere: boolean; unsent: number } | undefined>(undefined)
  const leave = (everywhere: boolean): Promise<void> =>
    attempt(async () => {
      if (notifications.on.value) await notifications.turn(false)
      await logOut(everywhere)
      location.replace('/')
    })

  function ask(everywhere: boolean): void {
    const count = unsent()
    if (count === 0) return void leave(everywhere)
    doubtful.value = { everywhere, unsent: count }
  }

  if (doubtful.value) {
    const { everywhere, unsent } = doubtful.value
    return (
      <div class="field">
        <p role="alert">{words.unsentLost(unsent)}</p>
        <button type="button" class="quiet danger" onClick={() => void leave(everywhere)}>
          {words.logOutAndDelete}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => (doubtful.value = undefined)}
          ref={(button) => button?.focus()}
        >
          {words.cancel}
        </button>
        <Problem text={problem} />
      </div>
    )
  }
  return (
    <div class="field">
      <p>{words.loggedInAs(name)}</p>
      <button type="button" class="quiet" onClick={() => ask(false)}>
        {words.logOut}
      </button>
      <button type="button" class="quiet" onClick={() => ask(true)}>
        {words.logOutEverywhere}
      </button>
      <Problem text={problem} />
    </div>
  )
}

/** A new code ends all log-ins but this one. */
function OwnCode({ user }: { user: string }): VNode {
  const { account } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()
  const isChanged = useSignal(false)

  async function submit(event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = event.currentTarget
    const code = valueOf(form, 'code')
    isChanged.value = false
    await attempt(async () => {
      await account.setCode(user, code, valueOf(form, 'present'))
      isChanged.value = true
      form.reset()
    })
  }

  return (
    <form class="field" aria-label={words.changeCode} onSubmit={submit}>
      <label for="present">{words.presentCode}</label>
      <input id="present" name="present" type="password" autoComplete="current-password" />
      <label for="code">{words.newCode}</label>
      <input id="code" name="code" type="password" autoComplete="new-password" minLength={6} required />
      <p class="muted">{words.codeHint}</p>
      <Problem text={problem} />
      <p role="status">{isChanged.value && words.codeChanged}</p>
      <button type="submit" class="quiet">
        {words.changeCode}
      </button>
    </form>
  )
}

function CodeOf({ user: { id, name } }: { user: UserEntry }): VNode {
  const { account } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()
  const isSet = useSignal(false)
  const look = async (): Promise<void> => void (isSet.value = await account.hasCode(id))
  useEffect(() => void attempt(look), [])

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = event.currentTarget
    void attempt(async () => {
      await account.setCode(id, valueOf(form, 'code'))
      form.reset()
      await look()
    })
  }

  return (
    <form class="field" onSubmit={submit}>
      <label for={`code-${id}`}>{words.codeOf(name || id)}</label>
      <input
        id={`code-${id}`}
        name="code"
        type="password"
        autoComplete="new-password"
        minLength={6}
        required
        placeholder={isSet.value ? words.isSet : words.isNotSet}
      />
      <Problem text={problem} />
      <button type="submit" class="quiet" aria-label={`${words.save}: ${name || id}`}>
        {words.save}
      </button>
      {isSet.value && (
        <button
          type="button"
          class="quiet"
          aria-label={`${words.removeCode}: ${name || id}`}
          onClick={() => void attempt(() => account.removeCode(id).then(look))}
        >
          {words.removeCode}
        </button>
      )}
    </form>
  )
}

const valueOf = (form: HTMLFormElement, name: string): string => String(new FormData(form).get(name) ?? '')

import type { DataRemoved } from '#contract'
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { dataAddress } from './api.ts'
import { Problem, useAttempt } from './attempt.tsx'
import { useStore, useWords } from './context.ts'
import { isThere } from './people.ts'
import { Section } from './section.tsx'
import type { Words } from './words/en.ts'

/** Everything of the person: to take along, or to delete for good. */
export default function DataPage(): VNode {
  const user = useStore().people.user.value
  return <DataOf key={user} user={user} />
}

function DataOf({ user }: { user: string }): VNode {
  const removed = useSignal<DataRemoved | undefined>(undefined)
  if (removed.value) return <Report removed={removed.value} />
  return (
    <>
      <Taking user={user} />
      <Deleting user={user} onRemoved={(answer) => (removed.value = answer)} />
    </>
  )
}

function Taking({ user }: { user: string }): VNode {
  const { people } = useStore()
  const words = useWords()
  const away = people.companions.value.filter((companion) => !isThere(companion)).map(({ name }) => name)
  return (
    <Section title={words.takeAlong}>
      <div class="field">
        <p class="muted">{words.takeAlongHint}</p>
        {away.length > 0 && <p role="status">{words.notInExport(away.join(', '))}</p>}
        <a class="quiet" href={dataAddress(user)} download>
          {words.exportMemories}
        </a>
      </div>
    </Section>
  )
}

function Deleting({ user, onRemoved }: { user: string; onRemoved: (removed: DataRemoved) => void }): VNode {
  const { mine, people } = useStore()
  const words = useWords()
  const { problem, attempt } = useAttempt()
  const doing = useSignal<'nothing' | 'asking' | 'deleting'>('nothing')
  const name = people.users.value.find(({ id }) => id === user)?.name ?? words.systemDefault

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    doing.value = 'deleting'
    void attempt(async () => onRemoved(await mine.deleteData(user))).finally(() => (doing.value = 'asking'))
  }

  return (
    <Section title={words.deleteAll}>
      {doing.value === 'nothing' ? (
        <div class="field">
          <p class="muted">{words.deleteAllHint}</p>
          <button type="button" class="quiet danger" onClick={() => (doing.value = 'asking')}>
            {words.deleteAll}
          </button>
        </div>
      ) : (
        <form class="field" onSubmit={submit}>
          <p>{words.thisGoes(name)}</p>
          <ul class="bullets">
            {Object.values(words.places).map((place) => (
              <li key={place}>{place}</li>
            ))}
          </ul>
          <p class="muted">{words.thisStays}</p>
          <label class="switch">
            <input type="checkbox" required autoFocus />
            <span>{words.iAmSure(name)}</span>
          </label>
          <Problem text={problem} />
          <p role="status">{doing.value === 'deleting' && words.deleting}</p>
          <button type="submit" class="quiet danger" disabled={doing.value === 'deleting'}>
            {words.deleteForGood}
          </button>
          <button type="button" class="quiet" onClick={() => (doing.value = 'nothing')}>
            {words.cancel}
          </button>
        </form>
      )}
    </Section>
  )
}

/** What went, and what did not. The page begins anew after it, because it still has what was shown before. */
function Report({ removed: { removed, not_removed } }: { removed: DataRemoved }): VNode {
  const words = useWords()
  return (
    <Section title={words.deleted}>
      <div class="field" role="status">
        {removed.length === 0 && <p>{words.nothingDeleted}</p>}
        <ul class="bullets">
          {removed.map(({ place, name, count }) => (
            <li key={`${place} ${name}`}>{`${placeIn(words, place, name)}: ${count}`}</li>
          ))}
        </ul>
      </div>
      {not_removed.length > 0 && (
        <div class="field" role="alert">
          <p>{words.notDeleted}</p>
          <ul class="bullets">
            {not_removed.map(({ place, name, why }) => (
              <li
                key={`${place} ${name}`}
              >{`${placeIn(words, place, name)}: ${words.whyNotDeleted[why]}`}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="field">
        <p class="muted">{words.thisStays}</p>
        <button type="button" class="primary" onClick={() => location.replace('/')} autoFocus>
          {words.goOn}
        </button>
      </div>
    </Section>
  )
}

const placeIn = (words: Words, place: keyof Words['places'], name: string | undefined): string =>
  name ?? words.places[place]

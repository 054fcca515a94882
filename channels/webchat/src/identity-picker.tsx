import type { VNode } from 'preact'
import { useStore, useWords } from './context.ts'
import { COMPANION } from './turn.ts'

/** Who the person writes as. Each identity has chats of its own. */
export function IdentityPicker(): VNode {
  const { people, pick } = useStore()
  const words = useWords()
  return (
    <footer class="identity">
      <label for="identity">{words.whoAmI}</label>
      <div class="select">
        <select
          id="identity"
          value={people.user.value}
          onChange={({ currentTarget }) => pick(currentTarget.value)}
        >
          <option value={COMPANION}>{words.systemDefault}</option>
          {people.users.value.map(({ id, name }) => (
            <option key={id} value={id}>
              {name || id}
            </option>
          ))}
        </select>
      </div>
    </footer>
  )
}

/** Stands where the picker is for the owner: a person is only themself. */
export function Self(): VNode {
  const { people } = useStore()
  const self = people.users.value.find(({ id }) => id === people.self.value)
  return <footer class="identity">{self?.name || people.self.value}</footer>
}

import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useStore, useWords } from './context.ts'
import { SYSTEM } from './turn.ts'

/** Whether this device shows notifications, and why not. */
export function NotificationsField(): VNode {
  const { notifications } = useStore()
  const words = useWords()
  const missing = notifications.missing.value
  const why = {
    insecure: words.notificationsInsecure,
    unable: words.notificationsUnable,
    refused: words.notificationsRefused,
    failed: words.notificationsFailed,
  }
  return (
    <>
      <div class="field">
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={notifications.on.value}
            disabled={missing === 'insecure'}
            onChange={({ currentTarget }) => {
              const wanted = currentTarget.checked
              currentTarget.checked = notifications.on.value
              void notifications.turn(wanted)
            }}
          />
          <span>{words.notifications}</span>
        </label>
        <p class="muted">{words.notificationsHint}</p>
        {missing && (
          <p class="hint" role="status">
            {why[missing]}
          </p>
        )}
      </div>
      {notifications.on.value && <ChatsField />}
    </>
  )
}

/** Which chats it is about. */
function ChatsField(): VNode | null {
  const { notifications, people } = useStore()
  const words = useWords()
  const user = people.user.value
  useEffect(() => void notifications.loadMuted(), [user])
  const muted = notifications.muted.value
  if (!muted) return null
  return (
    <fieldset class="field choices">
      <legend>{words.notificationsOf}</legend>
      {[SYSTEM, ...people.companions.value.map(({ id }) => id)].map((partner) => (
        <label key={partner}>
          <input
            type="checkbox"
            checked={!muted.includes(partner)}
            onChange={({ currentTarget }) => void notifications.mute(partner, !currentTarget.checked)}
          />
          <span>{people.nameOf(partner)}</span>
        </label>
      ))}
    </fieldset>
  )
}

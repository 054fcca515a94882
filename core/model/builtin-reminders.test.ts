import { describe, expect, test } from 'vitest'
import { findTime } from '../schedule/words.ts'
import { aboutWhat, reminderWish } from './builtin-reminders.ts'

const NOW = Date.parse('2026-11-20T10:00:00Z')

/** When and what a message asks to be reminded of. */
function read(message: string): [string | undefined, string] | undefined {
  const wish = reminderWish(message)
  if (wish?.kind !== 'reminder') return undefined
  const time = findTime(message, { now: NOW, timeZone: 'UTC', language: wish.language })
  const when =
    time && ('cron' in time.when ? time.when.cron : new Date(time.when.at).toISOString().slice(0, 16))
  return [when, aboutWhat(message, time ?? { pieces: [] })]
}

describe('a wish to be reminded, with when and of what', () => {
  test.each([
    ['Remind me tomorrow at 8 to call the dentist', '2026-11-21T08:00', 'call the dentist'],
    ['remind me to call the dentist tomorrow at 8.', '2026-11-21T08:00', 'call the dentist'],
    ['Please remind me in 20 minutes about the pizza', '2026-11-20T10:20', 'the pizza'],
    ['In 20 minutes, remind me to take the pizza out', '2026-11-20T10:20', 'take the pizza out'],
    ['remind me to read 1984 tomorrow at 9', '2026-11-21T09:00', 'read 1984'],
    ['Remind me every Monday at 9 to take the bins out', '0 9 * * 1', 'take the bins out'],
    ['remind me to take my pills every day at 8', '0 8 * * *', 'take my pills'],
    ['Set a reminder for Friday at noon: lunch with Ida', '2026-11-20T12:00', 'lunch with Ida'],
    ['Wake me up tomorrow at 7', '2026-11-21T07:00', ''],
    ['Remind me to call Ida', undefined, 'call Ida'],
    [
      'Erinnere mich morgen um 8 Uhr daran, den Zahnarzt anzurufen',
      '2026-11-21T08:00',
      'den Zahnarzt anzurufen',
    ],
    ["Rappelle-moi demain à 8h d'appeler le dentiste", '2026-11-21T08:00', 'appeler le dentiste'],
    ['Recuérdame mañana a las 8 llamar al dentista', '2026-11-21T08:00', 'llamar al dentista'],
    ['Ricordami domani alle 8 di chiamare il dentista', '2026-11-21T08:00', 'chiamare il dentista'],
    ['Lembre-me amanhã às 8 de ligar para o dentista', '2026-11-21T08:00', 'ligar para o dentista'],
    ['Напомни завтра в 8 позвонить стоматологу', '2026-11-21T08:00', 'позвонить стоматологу'],
    ['提醒我明天早上8点给牙医打电话', '2026-11-21T08:00', '给牙医打电话'],
    ['明日8時に歯医者に電話するようリマインドして', '2026-11-21T08:00', '歯医者に電話'],
  ])('%s', (message, when, what) => expect(read(message)).toEqual([when, what]))
})

test.each([
  ['What are my reminders?', { kind: 'reminders' }],
  ['list my reminders', { kind: 'reminders' }],
  ['my reminders', { kind: 'reminders' }],
  ['Do I have any reminders', { kind: 'reminders' }],
  ['Welche Erinnerungen habe ich?', { kind: 'reminders' }],
  ['Cancel the dentist reminder', { kind: 'cancel', what: 'the dentist' }],
  ['cancel the dentist', { kind: 'cancel', what: 'the dentist' }],
  ['Delete the reminder about the bins', { kind: 'cancel', what: 'the  about the bins' }],
  ['Lösche die Erinnerung an den Zahnarzt', { kind: 'cancel', what: 'die  an den Zahnarzt' }],
])('%s', (message, wish) => expect(reminderWish(message)).toEqual(wish))

test.each([
  'The reminder came too late yesterday, which made me miss the whole meeting with Ida',
  'She will remind me of you',
  'Delete what I said about Ida',
  'My dog is called Bruno',
])('is about something else: %s', (message) => expect(reminderWish(message)).toBeUndefined())

import { expect, test } from 'vitest'
import { momentOf } from './moment.ts'
import { besideEvent, eventTime, periodsOf, spansOf, timeliness } from './periods.ts'

const NOW = Date.UTC(2026, 10, 21, 10)
const day = (moment: number) => new Date(moment).toISOString().slice(0, 10)
const fits = async (question: string, said: string) =>
  timeliness(await periodsOf(question, NOW), Date.parse(said))

test.each([
  ['What happened on 8 May, 2023?', '2023-05-08', 1],
  ['What happened on 8 May, 2023?', '2023-05-15', 0.5],
  ['What happened on 8 May, 2023?', '2023-04-20', 0],
  ['Where was I in July 2023?', '2023-07-31', 1],
  ['Where was I in July 2023?', '2023-08-05', 0.5],
  ['Where was I in July 2023?', '2022-07-10', 0],
  ['Where was I in July?', '2022-07-10', 1],
  ['Who came on Aug 15th?', '2022-08-16', 1],
  ['What did I do last May?', '2026-05-20', 1],
  ['What did I do last May?', '2025-05-20', 0],
  ['What did I do last December?', '2025-12-20', 1],
  ['What did I do yesterday?', '2026-11-20', 1],
  ['What did we say last week?', '2026-11-13', 1],
  ['Where was I between August 11 and August 15 2023?', '2023-08-15', 1],
  ['What did I buy in 2022?', '2022-03-01', 1],
  ['What did I buy in 2022?', '2023-03-01', 0],
])('%j and what was said on %s: %d', async (question, said, expected) => {
  expect(await fits(question, said)).toBe(expected)
})

test.each([
  'What may I eat?',
  'Who sat on the chair?',
  'What are my 3 favourite books?',
  'What did I do the day before the trip?',
  '',
])('no time is named by %j', async (question) => {
  expect(await periodsOf(question, NOW)).toEqual([])
})

test('a time of any year is looked for in each year that there is', async () => {
  const spans = spansOf(await periodsOf('in July', NOW), Date.UTC(2022, 3), Date.UTC(2024, 3))
  expect(spans.map(([from, to]) => [day(from), day(to)])).toEqual([
    ['2022-06-30', '2022-08-10'],
    ['2023-06-30', '2023-08-10'],
    ['2024-06-30', '2024-08-10'],
  ])
})

test.each([
  ['What did I do the day before the trip?', 'the trip?', '2023-05-07', '2023-05-07'],
  ['Whom did I meet the week after my wedding?', 'my wedding?', '2023-05-09', '2023-05-15'],
  ['What did I do the day after 8 May 2023?', undefined, '', ''],
])('%j asks for a time beside %j', (question, event, from, to) => {
  const beside = besideEvent(question)
  expect(beside?.event).toBe(event)
  const period = beside?.period(Date.UTC(2023, 4, 8))
  if (period) expect([day(period.from), day(period.to)]).toEqual([from, to])
})

test('a memory tells of the time that it names, else of the time when it was said', async () => {
  const said = Date.UTC(2023, 4, 8, 12)
  expect(day(await eventTime('We leave for the trip tomorrow!', said))).toBe('2023-05-09')
  expect(day(await eventTime('I like trips.', said))).toBe('2023-05-08')
})

test.each([
  ['1:56 pm on 8 May, 2023', '2023-05-08T13:56:00.000Z'],
  ['2023-05-08T13:56:00+02:00', '2023-05-08T11:56:00.000Z'],
  ['Monday, May 8th, 2023', '2023-05-08T00:00:00.000Z'],
  ['last May', undefined],
  ['8. Mai 2023', undefined],
  ['', undefined],
])('said_at %j means %s', (text, expected) => {
  const moment = momentOf(text)
  expect(moment === undefined ? undefined : new Date(moment).toISOString()).toBe(expected)
})

import { expect, it } from 'vitest'
import { createLog } from '../log.ts'
import { createJournal } from './journal.ts'

it('keeps the latest 300 lines of each plugin, with level and fields', () => {
  const journal = createJournal({ log: createLog('silent'), now: () => new Date(0) })
  for (let line = 1; line <= 1_000; line++) journal.hear('loud', `line ${line}`)
  journal.hear('quiet', '{"level":"warn","time":1,"msg":"no tea","turn":7}')
  expect(journal.of('loud')).toHaveLength(300)
  expect(journal.of('loud').at(-1)).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    level: 'info',
    text: 'line 1000',
  })
  expect(journal.of('quiet')).toMatchObject([{ level: 'warn', text: 'no tea {"turn":7}' }])
  expect(journal.of('nobody')).toEqual([])
})

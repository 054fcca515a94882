import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createLog } from '../log.ts'
import { type Budget, createBudget } from './budget.ts'
import { pluginMigrations } from './create.ts'

let database: Database
let at: number
const open = (): Budget => createBudget({ database, now: () => at, log: createLog('silent') })
beforeEach(() => {
  database = openDatabase(':memory:', pluginMigrations)
  at = new Date(2026, 10, 20, 23, 59).getTime()
})
afterEach(() => database.close())

test('a day of this machine begins anew at midnight, and each plugin has a budget of its own', async () => {
  const budget = open()
  await budget.open('a', 1, { calls_per_day: 1 })
  await expect(budget.open('a', 1, { calls_per_day: 1 })).rejects.toMatchObject({ code: 'budget_spent' })
  await budget.open('b', 1, { calls_per_day: 1 })
  at += 60_000
  expect(budget.today('a')).toEqual({ calls: 0, tokens: 0 })
  await budget.open('a', 1, { calls_per_day: 1 })
})

test('an answer that ends after midnight counts for the new day', async () => {
  const budget = open()
  const spend = await budget.open('a', 10, true)
  at += 60_000
  spend(25)
  expect(budget.today('a')).toEqual({ calls: 0, tokens: 15 })
})

test('what was refused is not counted, and a prompt that is too long alone is refused', async () => {
  const budget = open()
  await expect(budget.open('a', 11, { tokens_per_day: 10 })).rejects.toMatchObject({ status: 403 })
  expect(budget.today('a')).toEqual({ calls: 0, tokens: 0 })
  const spend = await budget.open('a', 9, { tokens_per_day: 10 })
  spend(30)
  await expect(budget.open('a', 1, { tokens_per_day: 10 })).rejects.toMatchObject({ code: 'budget_spent' })
})

test('what is used without a budget counts when one is set later', async () => {
  await open().open('a', 5, true)
  await database.write(() => undefined)
  await expect(open().open('a', 1, { calls_per_day: 1 })).rejects.toMatchObject({ code: 'budget_spent' })
})

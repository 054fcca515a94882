import { describe, expect, it } from 'vitest'
import { codes } from '../../../core/errors.ts'
import { blobOf } from './attachments.ts'
import { initialsOf } from './avatar.tsx'
import { isComposing } from './composing.ts'
import { chatKey } from './turn.ts'
import { bestOf } from './language.ts'
import { createTimes } from './times.ts'
import zh from './words/zh.ts'

const on = (month: number, day: number, hour = 12): string => new Date(2026, month, day, hour).toISOString()

describe('times', () => {
  const now = new Date(2026, 2, 30, 9)
  const { dayName, listTime } = createTimes('en-GB')

  it('name days by the calendar, also across the change of the clocks', () => {
    expect(dayName(on(2, 30, 0), now)).toBe('Today')
    expect(dayName(on(2, 29, 0), now)).toBe('Yesterday')
    expect(dayName(on(2, 29, 23), now)).toBe('Yesterday')
    expect(dayName(on(2, 28, 23), now)).not.toMatch(/day$/)
  })

  it('are short in a list', () => {
    expect(listTime(on(2, 29), now)).toBe('Yesterday')
    expect(listTime(on(2, 30, 8), now)).toMatch(/08.00/)
    expect(listTime(new Date(2024, 1, 1).toISOString(), now)).toContain('2024')
  })
})

describe('the language', () => {
  it.each([
    [['zh-CN', 'en'], 'zh'],
    [['de-AT', 'zh-Hant-TW'], 'zh'],
    [['en-GB', 'zh'], 'en'],
    [['de', 'fr'], 'en'],
    [[], 'en'],
  ])('for who reads %j is %s', (read, code) => expect(bestOf(read, ['en', 'zh'])).toBe(code))

  it.each(Object.keys(codes))('has its own words for the problem %s of Core', (code) =>
    expect(zh.problem(code, 'why')).toMatch(/\p{Script=Han}{2}/u),
  )

  it('says what is new to it as it came', () => {
    expect(zh.problem('of_a_later_core', 'why')).toBe('why')
    expect(zh.problem(undefined, 'why')).toBe('why')
  })
})

describe('initials', () => {
  it.each([
    ['Veda', 'V'],
    ['Anna Maria Klein', 'AM'],
    ['小明', '小'],
    ['👋', '·'],
    ['', '·'],
  ])('of %j are %j', (name, initials) => expect(initialsOf(name)).toBe(initials))
})

describe('an input method', () => {
  it('is known by the flag, or by key code 229 alone', () => {
    expect(isComposing({ isComposing: true, keyCode: 13 })).toBe(true)
    expect(isComposing({ isComposing: false, keyCode: 229 })).toBe(true)
    expect(isComposing({ isComposing: false, keyCode: 13 })).toBe(false)
  })
})

describe('chat keys', () => {
  it('are never shared', () => {
    const ids = [
      { user: 'a', partner: 'b,c' },
      { user: 'a,b', partner: 'c' },
      { user: 'a"', partner: 'b' },
      { user: 'a', partner: '"b' },
      { user: 'A', partner: 'b' },
    ]
    expect(new Set(ids.map(chatKey)).size).toBe(ids.length)
  })
})

describe('data: URLs', () => {
  it('become blobs of their type', async () => {
    const blob = blobOf('data:text/plain;charset=utf-8;base64,aGk=')
    expect(blob?.type).toBe('text/plain')
    expect(await blob?.text()).toBe('hi')
  })

  it('are nothing else', () => {
    expect(blobOf('https://a.example/x.png')).toBeUndefined()
    expect(blobOf('data:text/plain,hi')).toBeUndefined()
  })
})

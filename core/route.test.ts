import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { companionConfig, type CompanionConfig } from './config/schema.ts'
import { chooseResponder } from './route.ts'

const companion = (entry: Partial<CompanionConfig>) => companionConfig.parse(entry)
const veda = companion({ id: 'friend', keyword: 'Veda' })
const maya = companion({ id: 'maya', session_id_value: 'maya', keyword: 'Maya' })
const long = companion({ id: 'long', session_id_value: 'long', keyword: 'Veda Rose' })
const all = [veda, maya, long]

const write = (text: string, fields: object = {}) => ({
  user_id: 'alice',
  channel_name: 'whatsapp',
  text,
  session_id: undefined,
  conversation_type: undefined,
  ...fields,
})
const choose = (text: string, fields: object = {}, companions = all, own = {}) => {
  const { companion, text: rest } = chooseResponder(write(text, fields), companions, own)
  return [companion?.id ?? 'system', rest]
}

describe('by signal (design section 6)', () => {
  test.each(['conversation_type', 'session_id', 'channel_name'])('%s, trimmed and in any case', (field) => {
    expect(choose('hi', { [field]: ' FRIEND ' })).toEqual(['friend', 'hi'])
  })
  test('works when no keyword is set', () => {
    expect(choose('hi', { session_id: 'friend' }, [companion({})])).toEqual(['friend', 'hi'])
  })
  test('goes before a keyword, and the text stays whole', () => {
    expect(choose('Maya, hi', { session_id: 'friend' })).toEqual(['friend', 'Maya, hi'])
  })
  test('a part of the signal is not the signal', () => {
    expect(choose('hi', { session_id: 'friends' })).toEqual(['system', 'hi'])
  })
  test('a disabled companion is never chosen', () => {
    expect(
      choose('Veda, hi', { session_id: 'friend' }, [companion({ enabled: false, keyword: 'Veda' })]),
    ).toEqual(['system', 'Veda, hi'])
  })
})

describe('by keyword', () => {
  test.each([
    ['Veda, how are you today?', 'how are you today?'],
    ['veda: good night', 'good night'],
    ['VEDA how are you', 'how are you'],
    ['Hey Veda! Tell me', 'Tell me'],
    ['hello, Veda — hi', 'hi'],
    ['hi veda', 'hi veda'],
    ['Veda', 'Veda'],
    ['/veda sing', 'sing'],
    ['/companion sing', 'sing'],
    ['talk to Veda about tea', 'about tea'],
    ['  Veda ,  hi ', 'hi'],
    ['Veda\nhi', 'hi'],
    ['Veda 🙂', '🙂'],
  ])('%j is for Veda', (text, rest) => expect(choose(text)).toEqual(['friend', rest]))

  test.each([
    'Vedanta is a school',
    'Is Veda there?',
    'I like Veda',
    'heyVeda',
    'Vedä',
    'Veda\u0301',
    'talk to me',
    '/vedanta',
    '',
  ])('%j is for System, unchanged', (text) => expect(choose(text)).toEqual(['system', text]))

  test('the longest keyword goes first', () => expect(choose('Veda Rose, hi')).toEqual(['long', 'hi']))
  test('several companions', () => expect(choose('Maya, hi')).toEqual(['maya', 'hi']))
  test('other scripts and composed letters', () => {
    const zoe = companion({ id: 'zoe', keyword: 'Zoë' })
    const mei = companion({ id: 'mei', session_id_value: 'mei', keyword: '小美' })
    expect(choose('zoe\u0308, hi', {}, [zoe, mei])).toEqual(['zoe', 'hi'])
    expect(choose('小美，你好', {}, [zoe, mei])).toEqual(['mei', '你好'])
  })
  test("a user's own keyword works beside the common one, for that user only", () => {
    expect(choose('Anna, hi', {}, all, { friend: 'Anna' })).toEqual(['friend', 'hi'])
    expect(choose('Anna, hi')).toEqual(['system', 'Anna, hi'])
  })
  test('signs of regular expressions in a keyword are plain signs', () => {
    const odd = companion({ id: 'odd', keyword: 'V.da(+*' })
    expect(choose('V.da(+*, hi', {}, [odd])).toEqual(['odd', 'hi'])
    expect(choose('Veda, hi', {}, [odd])).toEqual(['system', 'Veda, hi'])
  })
  test('never throws and never loses the text of System, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const [who, rest] = choose(text)
        if (who === 'system') expect(rest).toBe(text)
        else expect(text.normalize('NFC')).toContain(rest)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('by channel (seed 002 §9, option 2)', () => {
  const bound = companion({ channels: ['telegram', 'whatsapp:42'] })
  test.each([
    [{ channel_name: 'Telegram', user_id: '7' }, 'friend'],
    [{ channel_name: 'whatsapp', user_id: '42' }, 'friend'],
    [{ channel_name: 'whatsapp', user_id: '421' }, 'system'],
  ])('%j → %s', (fields, who) => expect(choose('hi', fields, [bound])[0]).toBe(who))
})

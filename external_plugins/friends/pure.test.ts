import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HistoryMessage } from '#contract'
import { fileNameOf } from '#contract/file-name'
import { DEFAULTS, type Persona } from './persona.ts'
import { characters, languages, lengths } from './personas.ts'
import { recent, systemPrompt } from './prompt.ts'
import { createSharing } from './sharing.ts'
import { openThreads } from './threads.ts'
import { worthRemembering } from '#contract'

const file = (user: string, persona: string): string =>
  `${fileNameOf(user)}_${fileNameOf(persona)}.db`.toLowerCase()

describe('file names', () => {
  const odd = [
    'A',
    'a',
    '../x',
    'a/b',
    'a_b',
    'a',
    'b_c',
    'c',
    '😀',
    '',
    ' ',
    '.',
    '..',
    'con',
    'CON',
    'nul',
    'a.b',
  ]
  const long = ['x'.repeat(10_000), `${'x'.repeat(9_999)}y`, '\ud800', '\ud801', 'é', 'e\u0301', 'a~b', '\0']
  const id = fc.oneof(
    fc.constantFrom(...odd, ...long),
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.string({ unit: fc.constantFrom('a', 'A', '-', '_', '~', '/', '.'), maxLength: 6 }),
  )

  test('two conversations never have one file, also where case does not count', () => {
    fc.assert(
      fc.property(id, id, id, id, (a, b, c, d) => {
        expect(file(a, b) === file(c, d)).toBe(a === c && b === d)
      }),
      { numRuns: 5_000 },
    )
  })

  test('every two of the known troublemakers are apart', () => {
    const ids = [...new Set([...odd, ...long])]
    expect(new Set(ids.map((value) => fileNameOf(value).toLowerCase())).size).toBe(ids.length)
  })

  test('are short, safe, and the id itself when that is plain', () => {
    fc.assert(
      fc.property(id, (value) => {
        expect(fileNameOf(value)).toMatch(/^([a-z0-9-]*~[0-9a-f]{16}|[a-z0-9][a-z0-9-]{0,40})$/)
      }),
    )
    expect(fileNameOf('companion')).toBe('companion')
    expect(fileNameOf('nul')).toMatch(/^nul~/)
    expect(fileNameOf('Ada Lovelace')).toMatch(/^ada-lovelace~/)
  })

  test('a file of another conversation is never opened', () => {
    const folder = mkdtempSync(join(tmpdir(), 'friends-'))
    const first = openThreads(folder)
    first.use({ user_id: 'a', persona: 'b' }, (sql) =>
      sql.prepare('update thread set id = ?').run('["x","y"]'),
    )
    first.close()
    const second = openThreads(folder)
    expect(() => second.use({ user_id: 'a', persona: 'b' }, () => 1)).toThrow(
      'belongs to another conversation',
    )
    second.close()
    rmSync(folder, { recursive: true })
  })

  test('many conversations, few open files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'friends-'))
    const threads = openThreads(folder)
    const handles = Array.from({ length: 40 }, (_none, index) =>
      threads.use({ user_id: `u${index}`, persona: 'friend' }, (sql) => sql),
    )
    expect(handles.filter((sql) => sql.open)).toHaveLength(16)
    threads.close()
    expect(handles.some((sql) => sql.open)).toBe(false)
    expect(readdirSync(folder)).toHaveLength(40)
    rmSync(folder, { recursive: true })
  })
})

const message = (text: string): HistoryMessage => ({ role: 'user', text, at: '' })

describe('the prompt', () => {
  const now = new Date('2025-11-20T22:44:00Z')
  const prompt = (persona: Partial<Persona> = {}, memories: { memory: string; at: string }[] = []): string =>
    systemPrompt({
      persona: { ...DEFAULTS, ...persona },
      person: undefined,
      now,
      timeZone: 'Europe/Berlin',
      memories,
    })

  test('has the lines that the builtin responder reads', () => {
    const lines = prompt({}, [{ memory: 'I like tea', at: '2025-03-01T08:00:00Z' }]).split('\n')
    expect(lines[0]).toBe(`You are Veda, ${characters.friend}.`)
    expect(lines[1]).toBe('Answer in English.')
    expect(lines[3]).toBe('Now: Thursday, 20 November 2025, 23:44 (Europe/Berlin)')
    expect(lines.slice(-2)).toEqual(['## Memories', '- 2025-03-01: I like tea'])
    expect(prompt()).not.toContain('## Memories')
    expect(prompt().length).toBeLessThan(2_000)
  })

  test('knows nine characters, eleven languages and any other code, three lengths', () => {
    expect(Object.keys(characters)).toHaveLength(9)
    expect(Object.keys(languages)).toHaveLength(11)
    for (const language of Object.keys(languages))
      expect(prompt({ language })).toContain(`Answer in ${languages[language]}.`)
    expect(prompt({ language: 'sv' })).toContain('Answer in Swedish.')
    expect(prompt({ language: 'xx' })).toContain('Answer in xx.')
    expect(new Set(Object.keys(lengths))).toEqual(new Set(['short', 'medium', 'long']))
  })

  test('memories are one line each and 2,000 characters at most, whatever they hold', () => {
    const memory = fc.record({ memory: fc.string({ unit: 'binary', maxLength: 900 }), at: fc.string() })
    fc.assert(
      fc.property(fc.array(memory, { minLength: 1, maxLength: 8 }), (memories) => {
        const part = prompt({}, memories).split('\n## Memories\n')[1] ?? ''
        expect(part.length).toBeLessThanOrEqual(2_000)
        expect(part.split(/[\n\r\u2028\u2029]/).every((line) => line.startsWith('- '))).toBe(true)
      }),
    )
  })

  test('history is ten rounds and never more than fits', () => {
    expect(recent(Array.from({ length: 30 }, () => message('x')))).toHaveLength(20)
    expect(
      recent([message('old'), message('x'.repeat(23_999)), message('y')]).map(({ text }) => text[0]),
    ).toEqual(['x', 'y'])
  })
})

describe('worth remembering', () => {
  test.each([
    ['My sister is called Ida.'],
    ["I'm vegan"],
    ['The wifi password is quartz-9'],
    ['When I was a child I lived in Rome.'],
    ['Ich mag keinen Kaffee.'],
    ['私は東京に住んでいます。'],
    ['我住在北京'],
    ['Hello, I moved to Rome last week and love it.'],
    ['Will is my brother'],
  ])('%s', (text) => expect(worthRemembering(text)).toBe(text))

  test.each([
    [''],
    ['Hi'],
    ['Hey Veda!'],
    ['Good morning, Veda'],
    ['thanks a lot'],
    ['ok'],
    ['What is my name'],
    ['Do you know Ida?'],
    ['Weißt du das?'],
    ['¿Cómo te llamas?'],
    ['你叫什么名字吗'],
    ['你好'],
    ['Tell me a joke'],
    ['Please write a poem about my cat.'],
    ['/settings language de'],
    ['!!! ???'],
    ['😀😀😀'],
  ])('not: %s', (text) => expect(worthRemembering(text)).toBeUndefined())

  test('only the sentences that state something', () => {
    expect(worthRemembering('Hi Veda! My sister Ida comes on Friday. What should I cook?')).toBe(
      'My sister Ida comes on Friday.',
    )
  })
})

describe('sharing', () => {
  test('the work goes on while one caller is left, and ends with the last', async () => {
    const sharing = createSharing()
    const [a, b] = [new AbortController(), new AbortController()]
    const heard: string[] = []
    const shared = Promise.withResolvers<{ emit(text: string): void; signal: AbortSignal }>()
    const done = Promise.withResolvers<string>()
    const caller = (signal: AbortSignal) => ({ signal, emit: (text: string) => void heard.push(text) })
    const first = sharing.join('k', caller(a.signal), (work) => {
      shared.resolve(work)
      return done.promise
    })
    const work = await shared.promise
    work.emit('one')
    const second = sharing.join('k', caller(b.signal), () => Promise.reject(new Error('started twice')))
    work.emit('two')
    expect(heard).toEqual(['one', 'one', 'two', 'two'])
    a.abort()
    expect(work.signal.aborted).toBe(false)
    b.abort()
    expect(work.signal.aborted).toBe(true)
    expect(sharing.isRunning('k')).toBe(false)
    done.resolve('three')
    expect(await Promise.all([first, second])).toEqual(['three', 'three'])
  })
})

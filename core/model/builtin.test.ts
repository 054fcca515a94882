import { describe, expect, test } from 'vitest'
import type { ModelMessage, Tool } from '#contract'
import { languages } from './builtin-phrases.ts'
import { createBuiltinModel } from './builtin.ts'
import { generate, ModelError } from './model.ts'

const model = createBuiltinModel()

const SYSTEM = `You are System, the main assistant of this household.
Now: Friday, 20 November 2026, 23:48 (Europe/Berlin)

## Memories
<memories>
- 2026-05-03: My dog is called Rex
- 2025-12-24: My sister Ida lives in Bonn
- 2026-11-01: Where does Ida live?
- I am allergic to nuts
</memories>
`
const VEDA = `You are Veda, a warm and playful girlfriend.
Answer in English.

## Memories
- 2026-05-03: My dog is called Rex

## Style
- short`

const tools: Tool[] = ['remember', 'recall', 'forget'].map((name) => ({
  type: 'function',
  function: { name, description: '', parameters: {} },
}))

/** Not the first reply, so that only the answer itself is there. */
const later: ModelMessage[] = [
  { role: 'user', content: 'hi' },
  { role: 'assistant', content: 'Hello.' },
]

async function say(system: string, text: string, offered: Tool[] = tools, before = later): Promise<string> {
  const messages: ModelMessage[] = [
    { role: 'system', content: system },
    ...before,
    { role: 'user', content: text },
  ]
  return (await generate(model, messages, { tools: offered })).text
}

async function call(system: string, text: string): Promise<[string, unknown] | undefined> {
  const messages: ModelMessage[] = [
    { role: 'system', content: system },
    ...later,
    { role: 'user', content: text },
  ]
  const [first] = (await generate(model, messages, { tools })).tool_calls ?? []
  return first && [first.function.name, JSON.parse(first.function.arguments)]
}

describe('honest once per chat', () => {
  test('System says that no model is connected, and how to connect one', async () => {
    const first = await say(SYSTEM, 'hi', tools, [])
    expect(first).toMatch(/^Hello\./)
    expect(first).toContain('No language model is connected')
    expect(first).toContain('Ollama')
    expect(await say(SYSTEM, 'hi')).toBe('Hello.')
  })

  test('a persona says it in its own words, without the how', async () => {
    const first = await say(VEDA, 'hi', [], [])
    expect(first).toContain('no language model is connected')
    expect(first).not.toContain('Ollama')
    expect(await say(VEDA, 'hi', [])).toBe('Hello, dear. It is good to hear from you.')
  })

  test('a prompt that is nobody gets no pretended answer', async () => {
    expect(await say('Summarise this.', 'A long story.', [])).toBe(languages.en.phrases.noModel)
  })

  test('JSON cannot be made up', async () => {
    const answer = generate(model, [{ role: 'user', content: 'x' }], { format: { type: 'json_object' } })
    await expect(answer).rejects.toThrow(ModelError)
  })
})

describe('System', () => {
  test.each([
    ['My cat is called Tom.', 'Noted: My cat is called Tom.'],
    ["What is my dog's name?", 'You told me on 3 May: My dog is called Rex'],
    ['where does my sister live', 'You told me on 24 December 2025: My sister Ida lives in Bonn'],
    ['Am I allergic to anything?', 'You told me: I am allergic to nuts'],
    ['Who won the world cup?', "I don't know that yet. Tell me and I'll remember it."],
    ['thank you!', 'You are welcome.'],
    ['ok', 'All right.'],
    ['Write a poem about the sea', "I can't do that without a language model."],
    ['Good night, System', 'Good night.'],
    ["what's the time?", 'It is Friday, 20 November 2026, 23:48 (Europe/Berlin).'],
    ['what day is it', 'It is Friday, 20 November 2026, 23:48 (Europe/Berlin).'],
    ['Remind me to call Ida', "I can't set reminders myself. Ask System: it can."],
    ['who are you?', 'I am System.'],
    ['What can you do?', languages.en.phrases.howTo],
    ['现在几点？', '现在是2026年11月20日星期五 23:48。'],
    ['\n\nAttached files: a.png, b.pdf', 'It is with your files now: a.png, b.pdf'],
  ])('%s', async (text, answer) => {
    expect(await say(SYSTEM, text)).toBe(answer)
  })

  test.each([
    ['Remember that my cat is called Tom', 'remember', { text: 'my cat is called Tom' }],
    ['could you remember that I like tea?', 'remember', { text: 'I like tea' }],
    ['forget about Rex', 'forget', { query: 'Rex' }],
    ['What do you know about my sister?', 'recall', { query: 'my sister' }],
    ['Tell me about Ida', 'recall', { query: 'Ida' }],
    ['Merk dir, dass ich Tee mag', 'remember', { text: 'ich Tee mag' }],
    ['забудь про собаку', 'forget', { query: 'собаку' }],
    ['Vegetarian', 'remember', { text: 'Vegetarian' }],
    ['记住我喜欢茶', 'remember', { text: '我喜欢茶' }],
  ])('%s becomes a call of a tool', async (text, tool, args) => {
    expect(await call(SYSTEM, text)).toEqual([tool, args])
  })

  test.each([
    ['remember', { remembered: 'I like tea' }, 'Noted: I like tea'],
    ['forget', { forgotten: ['My dog is called Rex'] }, 'Forgotten: My dog is called Rex'],
    ['forget', { forgotten: [], nearest: ['x'] }, 'I found nothing to forget that fits.'],
    [
      'recall',
      { memories: [{ text: 'I like tea', date: '2026-05-03' }, { text: 'Do I like tea?' }] },
      'This is what you told me:\n- 3 May: I like tea',
    ],
    ['recall', { memories: [] }, "I don't know that yet. Tell me and I'll remember it."],
    ['recall', { error: 'the disk is full' }, 'That did not work just now.'],
  ])('what %s gave is put into words: %j', async (name, result, words) => {
    const messages: ModelMessage[] = [
      { role: 'system', content: SYSTEM },
      ...later,
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'a', type: 'function', function: { name, arguments: '{}' } }],
      },
      { role: 'tool', content: JSON.stringify(result), tool_call_id: 'a' },
    ]
    expect((await generate(model, messages, { tools })).text).toBe(words)
  })

  test('with memory off nothing is promised', async () => {
    expect(await say(SYSTEM, 'My cat is called Tom.', [])).toContain('Memory is off')
    expect(await say(SYSTEM, 'Who won the world cup?', [])).toBe("I don't know that.")
  })

  test('what was said in this chat is known, and newer than any memory', async () => {
    const before: ModelMessage[] = [
      ...later,
      { role: 'user', content: 'My dog is called Bello' },
      { role: 'assistant', content: 'Noted' },
    ]
    expect(await say(SYSTEM, "What is my dog's name?", tools, before)).toBe(
      'You told me: My dog is called Bello',
    )
  })

  test.each([
    ['Where was I in May?', 'I was in Rome in May'],
    ['When was my dog born?', 'My dog was born in May 2019'],
  ])('of what speaks of it equally, what says it in the same words answers: %s', async (asked, memory) => {
    const lines = ['- 2026-06-02: My dog was born in May 2019', '- 2026-06-01: I was in Rome in May']
    for (const told of [lines, lines.toReversed()]) {
      const system = SYSTEM.replace(/- 2026-05-03[^]*nuts/, told.join('\n'))
      expect(await say(system, asked)).toContain(memory)
    }
  })

  test('of what was said in this chat, the latest answers', async () => {
    const before = ['My bike is red', 'My bike is blue'].flatMap((content): ModelMessage[] => [
      { role: 'user', content },
      { role: 'assistant', content: 'Noted.' },
    ])
    expect(await say(SYSTEM, 'How is my bike?', tools, before)).toContain('blue')
  })

  test('what was to be forgotten is not taken from the chat again', async () => {
    const before: ModelMessage[] = [
      { role: 'user', content: 'My cat is called Tom' },
      { role: 'assistant', content: 'Noted: My cat is called Tom' },
      { role: 'user', content: 'forget my cat' },
      { role: 'assistant', content: 'Forgotten: My cat is called Tom' },
    ]
    expect(await say(SYSTEM, "What is my cat's name?", tools, before)).toBe(languages.en.phrases.unknown)
  })
})

describe('a persona', () => {
  test.each([
    ['My cat is called Tom.', 'I will keep that close, dear: “My cat is called Tom.”'],
    ["What is my dog's name?", 'You told me on 3 May: My dog is called Rex'],
    ['who are you?', 'I am Veda.'],
    ['Good night, Veda', 'Good night, dear. Sleep well.'],
    ['forget Rex', "I can't delete memories from here."],
    ['Hey Veda', 'Hello, dear. It is good to hear from you.'],
  ])('%s', async (text, answer) => {
    expect(await say(VEDA, text, [])).toBe(answer)
  })

  test.each([
    ['Chinese', '你好，亲爱的。'],
    ['zh', '你好，亲爱的。'],
    ['Japanese', '話せてうれしいよ。'],
    ['Brazilian Portuguese', 'Olá, meu bem.'],
    ['Klingon', 'Hello, dear. It is good to hear from you.'],
  ])('answers in %s', async (language, answer) => {
    expect(await say(VEDA.replace('English', language), 'hello', [])).toBe(answer)
  })

  test('every language has every phrase, without blanks left open', async () => {
    for (const language of Object.keys(languages)) {
      const prompt = `You are Veda, a friend.\nAnswer in ${language}.`
      for (const text of [
        'hello',
        'My cat is called Tom.',
        'who are you?',
        'Who?',
        'remind me',
        'forget it',
      ]) {
        const answer = await say(prompt, text, [], [])
        expect(answer.length).toBeGreaterThan(5)
        expect(answer).not.toMatch(/[{}]|undefined/)
      }
    }
  })
})

test('the same prompt always gets the same answer', async () => {
  const one = await say(SYSTEM, "What is my dog's name?")
  expect(await say(SYSTEM, "What is my dog's name?")).toBe(one)
})

test('a long statement is repeated in part only', async () => {
  expect((await say(SYSTEM, 'word '.repeat(20_000))).length).toBeLessThan(250)
})

describe('what holds no more, and what stands in files', () => {
  const OLD = SYSTEM.replace('- 2026-05-03:', '- until 2026-11-02: My dog is called Bello\n- 2026-11-02:')
  const FILES = `${SYSTEM}
## Knowledge
Information.
<knowledge>
- [boiler.pdf, page 3] Heating › Faults. When the boiler shows error 12, press the red button for ten seconds. Then wait.
- [garden.md, Roses, line 8] Cut the roses in March.
</knowledge>
`

  test('what holds now is the answer; both are told when asked about', async () => {
    expect(await say(OLD, 'What is my dog called?')).toBe('You told me on 2 November: My dog is called Rex')
    expect(await say(OLD, 'What do you know about my dog?', [])).toContain(
      '- Until 2 November: My dog is called Bello\n- 2 November: My dog is called Rex',
    )
  })

  test('a question that a file answers better than a memory is answered by it, with file and place', async () => {
    expect(await say(FILES, 'What do I do when the boiler shows error 12?')).toBe(
      'When the boiler shows error 12, press the red button for ten seconds. Then wait. (boiler.pdf, page 3)',
    )
    expect(await say(FILES, 'When should I cut the roses?')).toBe(
      'Cut the roses in March. (garden.md, Roses, line 8)',
    )
    expect(await say(FILES, 'What is my dog called?')).toBe('You told me on 3 May: My dog is called Rex')
  })
})

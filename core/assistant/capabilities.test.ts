/** Capabilities of plugins as tools of System: a real Core, a real plugin, a scripted model. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningCore, startCore } from '../testing/core.ts'
import { startTestPlugin, type TestPlugin } from '../testing/plugin.ts'
import {
  createScriptedModelServer,
  type ScriptedAnswer,
  type ScriptedModelServer,
} from '../testing/scripted-model.ts'

const users = `users: [{ id: alice, name: Alice }, { id: bert, name: Bert }]`
const clock = {
  name: 'Clock',
  description: 'Knows what time it is',
  capabilities: [
    { id: 'chat', name: 'Chat' },
    {
      id: 'get-time',
      name: 'Get the time',
      description: 'Tells the time in a city',
      parameters: [
        { name: 'city', description: 'City name' },
        { name: 'hours', type: 'integer', required: false, default: 24 },
      ],
    },
    {
      id: 'greet',
      name: 'Greet',
      description: 'Greets',
      parameters: [],
      post_process: true,
      post_process_prompt: 'Say it like a pirate.',
    },
  ],
}

let plugin: TestPlugin
let core: RunningCore
let messages = 0
const ask = async (text: string, user_id = 'alice') =>
  (await core.inbound({ text, user_id, message_id: `m${++messages}` })).body
const register = (id: string, more: object) =>
  core.post('/api/plugins/register', plugin.registration(id, more))

beforeEach(() => {
  plugin.respond(({ capability_parameters }) => `It is noon in ${capability_parameters?.['city']}.`)
})
/** The tools of System itself. */
const OWN = ['remember', 'recall', 'forget', 'remind_me', 'schedule', 'list_jobs', 'cancel_job']

describe('with a language model', () => {
  let model: ScriptedModelServer
  beforeAll(async () => {
    model = await createScriptedModelServer()
    plugin = await startTestPlugin()
    core = await startCore({
      coreYml: `model: { name: scripted, base_url: ${model.url} }`,
      userYml: users,
    })
    await register('clock', clock)
  })
  afterAll(async () => {
    await core[Symbol.asyncDispose]()
    core.remove()
    await plugin.close()
    await model.close()
  })
  afterEach(() => {
    model.requests.length = 0
  })

  const call = (name: string, args: unknown): ScriptedAnswer => ({ tool_calls: [{ name, arguments: args }] })
  const offered = (at = 0): string[] =>
    (model.requests[at]?.body.tools ?? []).flatMap((tool) =>
      tool.type === 'function' ? [tool.function.name] : [],
    )
  const system = (at = 0): string => String(model.requests[at]?.body.messages[0]?.content)
  const result = (at: number): unknown => {
    const message = model.requests[at]?.body.messages.findLast(({ role }) => role === 'tool')
    return JSON.parse(String(message?.content))
  }

  test('they are offered with their schema, and chat is not', async () => {
    model.script(['Hi.'])
    await ask('hi')
    expect(offered()).toEqual([...OWN, 'clock__get_time', 'clock__greet'])
    const tool = model.requests[0]?.body.tools?.[OWN.length]
    expect(tool).toMatchObject({
      function: {
        description: 'Get the time: Tells the time in a city',
        parameters: {
          properties: { city: { type: 'string', description: 'City name' } },
          required: ['city'],
        },
      },
    })
  })

  test('a call reaches the plugin as upstream has it, and its words the model', async () => {
    model.script([call('clock__get_time', { city: 'Tokyo', hours: '12', other: 1 }), 'Noon there.'])
    expect((await ask('what time is it in Tokyo?')).text).toBe('Noon there.')
    const called = { capability_id: 'get_time', capability_parameters: { city: 'Tokyo', hours: 12 } }
    expect(plugin.requests.at(-1)).toMatchObject({
      plugin_id: 'clock',
      user_input: 'what time is it in Tokyo?',
      user_id: 'alice',
      user_name: 'Alice',
      channel_name: 'webhook',
      ...called,
      metadata: { ...called, memory_user_id: 'alice', turn_token: expect.any(String) },
    })
    expect(result(1)).toEqual({ result: 'It is noon in Tokyo.' })
  })

  test('wrong parameters are told to the model and never reach the plugin', async () => {
    const before = plugin.requests.length
    model.script([call('clock__get_time', { city: 'Rome', hours: 'many' }), 'Sorry.'])
    await ask('time in Rome?')
    expect(result(1)).toEqual({ error: 'hours: must be a whole number' })
    expect(plugin.requests).toHaveLength(before)
  })

  test('what is missing is asked for, and waits for the next message of that person alone', async () => {
    model.script([call('clock__get_time', { hours: 12 }), 'In which city?', 'Hi.', 'Noted.', 'Hello.'])
    expect((await ask('what time is it there?')).text).toBe('In which city?')
    expect(result(1)).toMatchObject({ missing: [{ name: 'city', description: 'City name' }] })
    await ask('hi', 'bert')
    expect(system(2)).not.toContain('Unfinished')
    await ask('Tokyo')
    expect(system(3)).toContain('- tool: clock__get_time\n- given: {"hours":12}\n- missing: city (City name)')
    await ask('hi')
    expect(system(4)).not.toContain('Unfinished')
  })

  test('what is missing for one call waits although another one worked, and no more once it was given', async () => {
    const [time, greet] = ['clock__get_time', 'clock__greet'].map((name) => ({ name, arguments: {} }))
    const both = [time, greet].filter((one) => one !== undefined)
    const again = call('clock__get_time', { city: 'Rome' })
    model.script([{ tool_calls: both }, 'Ahoy.', 'Ahoy, and where?', again, 'Noon.', 'Hello.'])
    await ask('greet me and tell me the time')
    await ask('in Rome')
    expect(system(3)).toContain('- tool: clock__get_time')
    await ask('hi')
    expect(system(5)).not.toContain('Unfinished')
  })

  test('a question that waits is known after a kill', async () => {
    model.script([call('clock__get_time', {}), 'Where?', 'It is noon.'])
    await ask('what time is it there?')
    await core.kill()
    core = await startCore({ home: core.home, port: core.port })
    await ask('Tokyo')
    expect(system(2)).toContain('- tool: clock__get_time')
  })

  test('post_process goes through the model with the prompt of the capability', async () => {
    plugin.respond(() => 'Good day.')
    model.script([call('clock__greet', {}), 'Ahoy!', 'The plugin says: Ahoy!'])
    expect((await ask('greet me')).text).toBe('The plugin says: Ahoy!')
    expect(model.requests[1]?.body.messages).toMatchObject([
      { role: 'system', content: 'Say it like a pirate.' },
      { role: 'user', content: 'Good day.' },
    ])
    expect(result(2)).toEqual({ result: 'Ahoy!' })
  })

  test('when post_process fails, the words of the plugin are used as they are', async () => {
    plugin.respond(() => 'Good day.')
    model.script([call('clock__greet', {}), { fail: 400 }, 'Good day.'])
    expect((await ask('greet me again')).text).toBe('Good day.')
    expect(result(2)).toEqual({ result: 'Good day.' })
  })

  test('images and ui of a capability reach the client', async () => {
    const images = ['data:image/png;base64,AA==']
    plugin.respond(() => ({ text: 'See.', metadata: { images, ui: [{ type: 'card' }, 'no'] } }))
    model.script([call('clock__get_time', { city: 'Rome' }), 'See there.'])
    expect(await ask('show me')).toMatchObject({ text: 'See there.', images, ui: [{ type: 'card' }] })
  })

  test('a failure is told to the model in the words of the plugin', async () => {
    plugin.respond(() => ({ status: 500, success: false, error: 'no such city' }))
    model.script([call('clock__get_time', { city: 'Nowhere' }), 'I could not find it.'])
    expect((await ask('time in Nowhere?')).text).toBe('I could not find it.')
    expect(result(1)).toEqual({ failed: 'Clock could not answer: no such city' })
  })

  test('of many, the nearest are offered, and the others are found', async () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      id: `do_${i}`,
      name: `Trick ${i}`,
      description: `Does trick number ${i}`,
    }))
    await register('tricks', { capabilities: many })
    await register('tea', {
      capabilities: [{ id: 'brew', name: 'Brew tea', description: 'Makes green tea' }],
    })
    model.script([
      call('find_tools', { query: 'number 33 trick' }),
      call('tricks__do_33', {}),
      'Done.',
      'Here you are.',
    ])
    await ask('what time is it in Tokyo?')
    expect(offered()).toContain('clock__get_time')
    expect(offered()).toContain('find_tools')
    expect(offered()).toHaveLength(OWN.length + 15 + 1)
    expect(offered()).not.toContain('tricks__do_33')
    expect(offered(1)).toContain('tricks__do_33')
    expect(plugin.requests.at(-1)?.capability_id).toBe('do_33')
    await ask('please brew some tea')
    expect(offered(3)).toContain('tea__brew')
    await core.post('/api/plugins/unregister', { plugin_id: 'tricks' })
    await core.post('/api/plugins/unregister', { plugin_id: 'tea' })
  })

  test('a plugin without capabilities is one tool', async () => {
    await register('plain', { description: 'Answers anything' })
    model.script([call('plain__ask', {}), 'Ok.'])
    plugin.respond(({ user_input, capability_id }) => `${capability_id}: ${user_input}`)
    await ask('hello there')
    expect(result(1)).toEqual({ result: 'null: hello there' })
    await core.post('/api/plugins/unregister', { plugin_id: 'plain' })
  })

  test('of a plugin that is not there nothing is offered, and System knows that it is offline', async () => {
    await plugin.close()
    model.script([call('clock__get_time', { city: 'Rome' }), 'Clock is offline now.', 'Hm.'])
    await ask('time in Rome?')
    expect(result(1)).toEqual({ offline: 'Clock is offline now.' })
    await ask('time in Rome?')
    expect(offered(2)).toEqual(OWN)
    expect(system(2)).toContain('- Clock: Get the time: Tells the time in a city')
  })
})

describe('with builtin', () => {
  beforeAll(async () => {
    plugin = await startTestPlugin()
    core = await startCore({ coreYml: 'model: none', userYml: users })
    await register('clock', clock)
    await ask('hi')
  })
  afterAll(async () => {
    await core[Symbol.asyncDispose]()
    core.remove()
    await plugin.close()
  })

  test('one that clearly matches is called', async () => {
    expect((await ask('what time is it in Tokyo')).text).toBe('It is noon in Tokyo.')
  })

  test('what is missing is asked for, and the next message gives it', async () => {
    expect((await ask('get the time of')).text).toBe('One thing I still need: City name')
    expect((await ask('Tokyo')).text).toBe('It is noon in Tokyo.')
    expect((await ask('Tokyo')).text).toBe('Noted: Tokyo')
  })

  test.each([
    ['thank you', 'You are welcome.'],
    ['My dog is called Rex', 'Noted: My dog is called Rex'],
  ])('%s drops the question', async (said, answer) => {
    await ask('get the time of')
    expect((await ask(said)).text).toBe(answer)
    expect((await ask('Tokyo')).text).toBe('Noted: Tokyo')
  })

  test('a wish is not remembered as if it were a statement', async () => {
    expect((await ask('time in Paris')).text).toBe('It is noon in Paris.')
    expect((await ask('what time is dinner?')).text).not.toContain('Paris')
    const { memories } = (await core.get('/api/memories?user_id=alice')).body
    expect(JSON.stringify(memories)).not.toContain('Paris')
  })

  test.each([
    ['Wie spät ist es in Berlin?', 'Berlin'],
    ['Quelle heure est-il à Paris ?', 'Paris'],
  ])('the time is asked for in any language that builtin knows: %s', async (said, place) => {
    expect((await ask(said)).text).toBe(`It is noon in ${place}.`)
  })

  test('post_process is skipped', async () => {
    plugin.respond(() => 'Good day.')
    expect((await ask('please greet')).text).toBe('Good day.')
  })

  test('why a plugin could not is said in its words', async () => {
    plugin.respond(() => ({ success: false, error: 'The clock stands still.' }))
    const { text } = await ask('what time is it in Rome')
    expect(text).toBe('Clock could not answer: The clock stands still.')
  })

  test('what is known of the person is not asked of a plugin', async () => {
    await ask('My dog is called Rex')
    expect((await ask("what is my dog's name?")).text).toContain('Rex')
  })

  test('a plugin that is not there is said to be offline', async () => {
    await plugin.close()
    expect((await ask('what time is it in Tokyo')).text).toBe('Clock is offline now.')
    expect((await ask('what time is it in Tokyo?')).text).toBe('Clock is offline now.')
  })
})

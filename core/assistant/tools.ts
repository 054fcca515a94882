import type { Tool, ToolCall, Why } from '#contract'
import type { Log } from '../log.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import type { Memory } from '../memory/memory.ts'
import type { Jobs } from '../schedule/jobs.ts'
import type { Question } from './assistant.ts'
import { createJobTools } from './job-tools.ts'
import { createMemoryTools } from './memory-tools.ts'
import { BadCall, type Toolbox } from './toolbox.ts'

/** The tools of one answer, bound to the person who asked: no argument can name somebody else. */
export interface Tools {
  readonly offered: readonly Tool[]
  /** Runs a call; what comes back is JSON for the model. Never throws: what went wrong is told to the model. */
  run(call: ToolCall): Promise<string>
  /** Whether a memory was deleted. */
  forgot(): boolean
  /** What was run so far. */
  used(): Why['tools']
}

/**
 * `memory` undefined = memory is off: none of its tools are offered.
 * @param plugins what plugins can do; may grow from one round to the next
 */
export function createTools({
  memory,
  knowledge,
  jobs,
  plugins,
  question,
  timeZone,
  now,
  log,
}: {
  memory: Memory | undefined
  knowledge: Knowledge | undefined
  jobs: Jobs
  plugins: Toolbox
  question: Question
  /** Where the person is. */
  timeZone: string
  now: () => Date
  log: Log
}): Tools {
  const ofMemory = memory && createMemoryTools({ memory, knowledge, question, now })
  const ofJobs = createJobTools({ jobs, question, timeZone, now })
  const boxes: readonly Toolbox[] = ofMemory ? [ofMemory, ofJobs, plugins] : [ofJobs, plugins]
  const used: Why['tools'] = []
  const offered = (): Tool[] => boxes.flatMap((box) => box.offered)

  async function dispatch({ name, arguments: json }: ToolCall['function']): Promise<object> {
    const names = offered().map((tool) => tool.function.name)
    for (const box of boxes) {
      const result = await box.run(name, json)
      if (result) return result
    }
    throw new BadCall(`there is no tool "${name}"; there are ${names.join(', ')}`)
  }

  return {
    get offered() {
      return offered()
    },
    forgot: () => ofMemory?.forgot() ?? false,
    used: () => used,
    async run(call) {
      const { name } = call.function
      try {
        const result = JSON.stringify(await dispatch(call.function))
        used.push({ name })
        return result
      } catch (error) {
        used.push({ name, failed: true })
        if (error instanceof BadCall) return failed(error.message)
        log.warn({ err: error, turn: question.turn_id, tool: call.function.name }, 'assistant: a tool failed')
        return failed('this does not work just now')
      }
    },
  }
}

const failed = (error: string): string => JSON.stringify({ error })

import type { Tool, ToolCall } from '#contract'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import type { Jobs } from '../schedule/jobs.ts'
import type { Question } from './assistant.ts'
import { createJobTools } from './job-tools.ts'
import { createMemoryTools } from './memory-tools.ts'
import { BadCall, type Toolbox } from './toolbox.ts'
import type { Toolset } from './toolset.ts'

/** The tools of the memory for one answer, bound to the person who asked: no argument can name somebody else. */
interface Tools extends Toolset {
  /** Whether a memory was deleted. */
  forgot(): boolean
}

/** `memory` undefined = memory is off: none of its tools are offered. */
export function createTools({
  memory,
  jobs,
  question,
  timeZone,
  now,
  log,
}: {
  memory: Memory | undefined
  jobs: Jobs
  question: Question
  /** Where the person is. */
  timeZone: string
  now: () => Date
  log: Log
}): Tools {
  const ofMemory = memory && createMemoryTools({ memory, question, now })
  const ofJobs = createJobTools({ jobs, question, timeZone, now })
  const boxes: readonly Toolbox[] = ofMemory ? [ofMemory, ofJobs] : [ofJobs]
  const offered = boxes.flatMap((box) => box.offered)

  async function dispatch({ name, arguments: json }: ToolCall['function']): Promise<object> {
    const names = offered.map((tool) => tool.function.name)
    for (const box of boxes) {
      const result = await box.run(name, json)
      if (result) return result
    }
    throw new BadCall(`there is no tool "${name}"`)
  }

  return {
    offered,
    knows: (name) => offered.some((tool) => tool.function.name === name),
    forgot: () => ofMemory?.forgot() ?? false,
    async run(call) {
      try {
        return JSON.stringify(await dispatch(call.function))
      } catch (error) {
        if (error instanceof BadCall) return failed(error.message)
        log.warn({ err: error, turn: question.turn_id, tool: call.function.name }, 'assistant: a tool failed')
        return failed('this does not work just now')
      }
    },
  }
}

const failed = (error: string): string => JSON.stringify({ error })

import { describe } from 'vitest'
import { modelContract } from './model.contract.ts'
import { createOpenAiModel } from './openai.ts'

describe('the adapter for OpenAI-compatible endpoints', () => {
  modelContract(createOpenAiModel)
})

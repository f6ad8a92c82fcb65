import './trusted'
import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError, shouldRetry } from './pure/problem'
import { createAppRouter } from './routes'
import { TooltipProvider } from './widgets/Tooltip'

const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // The session ended while a page was open: asking for the status again shows the login in its place.
    onError: (error, query) => {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== 'status') void queryClient.invalidateQueries({ queryKey: ['status'] })
    },
  }),
  defaultOptions: { queries: { retry: shouldRetry, refetchOnWindowFocus: false, staleTime: 5000 } },
})
const router = createAppRouter(queryClient)

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <RouterProvider router={router} />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
)

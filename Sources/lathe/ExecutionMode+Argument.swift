import ArgumentParser
import Engine

extension ExecutionMode: @retroactive ExpressibleByArgument {}

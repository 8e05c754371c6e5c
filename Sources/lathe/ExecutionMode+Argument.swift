import ArgumentParser
import Engine

extension ExecutionMode: ExpressibleByArgument {}

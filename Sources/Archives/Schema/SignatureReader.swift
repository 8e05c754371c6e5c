import Foundations
import Graphs

/// One entry of `input_specs`: its role, and the name of a constant, which no argument carries.
struct InputSpecification {
  var role: Graph.InputRole
  var name: String?
}

extension JSONCursor {
  mutating func readInputSpecifications() throws -> [InputSpecification] {
    var specifications: [InputSpecification] = []
    var leaf = 0
    var scope = try beginArray()
    while try nextElement(&scope) {
      let (tag, fields) = try readUnion("input specification")
      specifications.append(try inputSpecification(tag, fields, &leaf))
    }
    return specifications
  }

  private func inputSpecification(_ tag: String, _ fields: JSONValue, _ leaf: inout Int) throws -> InputSpecification {
    switch tag {
    case "user_input":
      leaf += 1
      return InputSpecification(role: .user(leaf - 1))
    case "parameter": return InputSpecification(role: .parameter(try text(fields, "parameter_name", tag)))
    case "buffer":
      guard let persistent = fields["persistent"]?.bool else { throw failure("the buffer before here has no field 'persistent'") }
      return InputSpecification(role: .buffer(try text(fields, "buffer_name", tag), persistent: persistent))
    case "tensor_constant": return InputSpecification(role: .tensorConstant(try text(fields, "tensor_constant_name", tag)))
    case "custom_obj": return InputSpecification(role: .customObject(try text(fields, "custom_obj_name", tag)))
    case "token": return InputSpecification(role: .token)
    case "constant_input":
      leaf += 1
      let name = try text(fields, "name", tag)
      guard let value = fields["value"]?.members?.first(where: { $0.value != .null }) else {
        throw failure("the constant_input before here has no field 'value'")
      }
      return InputSpecification(role: .constant(name: name, try constant(value)), name: name)
    default: throw failure("an input of the unknown kind '\(tag)'")
    }
  }

  private func constant(_ member: JSONValue.Member) throws -> Graph.ConstantValue {
    switch (member.key, member.value) {
    case ("as_none", _): .none
    case ("as_int", .int(let value)): .int(value)
    case ("as_float", .int(let value)): .double(Double(value))
    case ("as_float", .double(let value)): .double(value)
    case ("as_float", .string(let text)): .double(text == "NaN" ? .nan : text.hasPrefix("-") ? -.infinity : .infinity)
    case ("as_string", .string(let text)): .string(text)
    case ("as_bool", .bool(let flag)): .bool(flag)
    default: throw failure("a constant input of the unknown kind '\(member.key)'")
    }
  }

  mutating func readOutputRoles() throws -> [Graph.OutputRole] {
    var roles: [Graph.OutputRole] = []
    var scope = try beginArray()
    while try nextElement(&scope) {
      let (tag, fields) = try readUnion("output specification")
      switch tag {
      case "user_output": roles.append(.user)
      case "loss_output": roles.append(.loss)
      case "buffer_mutation": roles.append(.bufferMutation(try text(fields, "buffer_name", tag)))
      case "parameter_mutation": roles.append(.parameterMutation(try text(fields, "parameter_name", tag)))
      case "user_input_mutation": roles.append(.userInputMutation(try text(fields, "user_input_name", tag)))
      case "gradient_to_parameter": roles.append(.gradientToParameter(try text(fields, "parameter_name", tag)))
      case "gradient_to_user_input": roles.append(.gradientToUserInput(try text(fields, "user_input_name", tag)))
      case "token": roles.append(.token)
      default: throw failure("an output of the unknown kind '\(tag)'")
      }
    }
    return roles
  }

  /// A one-key object: its key and value; further keys are null.
  private mutating func readUnion(_ owner: StaticString) throws -> (String, JSONValue) {
    let value = try readValue()
    guard let member = value.members?.first(where: { $0.value != .null }) else { throw failure("the \(owner) before here is empty") }
    return (member.key, member.value)
  }
  private func text(_ fields: JSONValue, _ key: String, _ owner: String) throws -> String {
    guard let text = fields[key]?.string else { throw failure("the \(owner) before here has no field '\(key)'") }
    return text
  }
}

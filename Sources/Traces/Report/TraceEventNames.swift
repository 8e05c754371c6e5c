/// The events that PyTorch 2.6 to 2.15 write, and those of earlier versions that tlparse reads. Artifacts' names are free.
enum TraceEventNames {
  static let known: Set<String> = [
    "str", "artifact", "chromium_event", "dynamo_start", "dynamo_output_graph", "dynamo_guards", "dynamo_cpp_guards_str", "compilation_metrics",
    "bwd_compilation_metrics", "aot_autograd_backward_compilation_metrics", "aot_joint_graph", "aot_forward_graph", "aot_backward_graph",
    "aot_inference_graph", "inductor_pre_grad_graph", "inductor_post_grad_graph", "inductor_input_graph", "inductor_output_code", "graph_dump",
    "compiled_autograd_graph", "optimize_ddp_split_graph", "optimize_ddp_split_child", "dump_file", "link", "describe_storage", "describe_tensor",
    "describe_source", "create_symbol", "create_unbacked_symbol", "guard_added", "guard_added_fast", "symbolic_shape_specialization",
    "propagate_real_tensors", "propagate_real_tensors_provenance", "missing_fake_kernel", "mismatched_fake_kernel", "expression_created",
    "guard_on_data_dependent_error", "export", "exported_program",
  ]
}

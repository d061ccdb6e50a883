package platform.deepseek.inference.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;

/**
 * Operators of our own under one domain name, as ONNX Runtime wants them: an OrtCustomOp is a
 * struct of function pointers, and every pointer here is an upcall into Java (onnxruntime_c_api.h,
 * struct OrtCustomOp). No exception may cross an upcall: a kernel's becomes an OrtStatus.
 */
public final class OperatorDomain {

  /** Places of the function pointers in OrtCustomOp; those not named stay null. */
  private enum Slot {
    GET_NAME(2),
    GET_EXECUTION_PROVIDER(3),
    GET_INPUT_TYPE(4),
    GET_INPUT_COUNT(5),
    GET_OUTPUT_TYPE(6),
    GET_OUTPUT_COUNT(7),
    DESTROY_KERNEL(9),
    GET_INPUT_CHARACTERISTIC(10),
    GET_OUTPUT_CHARACTERISTIC(11),
    GET_INPUT_MEMORY_TYPE(12),
    VARIADIC_INPUT_MINIMUM(13),
    VARIADIC_INPUT_HOMOGENEITY(14),
    VARIADIC_OUTPUT_MINIMUM(15),
    VARIADIC_OUTPUT_HOMOGENEITY(16),
    CREATE_KERNEL(17),
    COMPUTE(18),
    GET_START_VERSION(20),
    GET_END_VERSION(21);

    final int place;

    Slot(int place) {
      this.place = place;
    }
  }

  /** The version of the struct this was written against; newer libraries accept it. */
  private static final int STRUCT_VERSION = 22;

  private static final int STRUCT_BYTES = 40 * 8;

  final MemorySegment handle;

  private OperatorDomain(MemorySegment handle) {
    this.handle = handle;
  }

  /**
   * The arena must stay open until after the sessions that use the domain are closed.
   *
   * @param provider whose memory the operators' inputs and outputs are in
   */
  public static OperatorDomain create(
      Arena arena, String name, ExecutionProvider provider, List<CustomOperator> operators) {
    MemorySegment text = arena.allocateFrom(name);
    MemorySegment domain =
        OrtStatus.create(
            arena,
            OrtApi.RELEASE_CUSTOM_OP_DOMAIN,
            out -> (MemorySegment) OrtApi.CREATE_CUSTOM_OP_DOMAIN.invokeExact(text, out));
    KernelContext context = new KernelContext(arena);
    for (CustomOperator operator : operators) {
      MemorySegment struct = new Upcalls(arena, operator, provider, context).struct();
      OrtStatus.check(
          () -> (MemorySegment) OrtApi.CUSTOM_OP_DOMAIN_ADD.invokeExact(domain, struct));
    }
    return new OperatorDomain(domain);
  }

  /**
   * The functions ONNX Runtime calls, for one operator. They are found by name and take what the C
   * signature gives them, needed or not.
   */
  @SuppressWarnings({"UnusedMethod", "UnusedVariable"})
  private static final class Upcalls {

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private final Arena arena;
    private final CustomOperator operator;
    private final KernelContext context;
    private final MemorySegment name;
    private final MemorySegment provider;
    private final List<OperatorKernel> kernels = new ArrayList<>();

    Upcalls(
        Arena arena, CustomOperator operator, ExecutionProvider provider, KernelContext context) {
      this.arena = arena;
      this.operator = operator;
      this.context = context;
      this.name = arena.allocateFrom(operator.name());
      this.provider = arena.allocateFrom(provider.id);
    }

    MemorySegment struct() {
      var pointer = FunctionDescriptor.of(ADDRESS, ADDRESS);
      var count = FunctionDescriptor.of(JAVA_LONG, ADDRESS);
      var byIndex = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG);
      var number = FunctionDescriptor.of(JAVA_INT, ADDRESS);
      MemorySegment struct = arena.allocate(STRUCT_BYTES, 8);
      struct.set(JAVA_INT, 0, STRUCT_VERSION);
      put(struct, Slot.GET_NAME, "name", pointer);
      put(struct, Slot.GET_EXECUTION_PROVIDER, "provider", pointer);
      put(struct, Slot.GET_INPUT_TYPE, "inputType", byIndex);
      put(struct, Slot.GET_INPUT_COUNT, "inputCount", count);
      put(struct, Slot.GET_OUTPUT_TYPE, "outputType", byIndex);
      put(struct, Slot.GET_OUTPUT_COUNT, "outputCount", count);
      put(struct, Slot.DESTROY_KERNEL, "destroy", FunctionDescriptor.ofVoid(ADDRESS));
      put(struct, Slot.GET_INPUT_CHARACTERISTIC, "inputCharacteristic", byIndex);
      put(struct, Slot.GET_OUTPUT_CHARACTERISTIC, "zeroByIndex", byIndex);
      put(struct, Slot.GET_INPUT_MEMORY_TYPE, "zeroByIndex", byIndex);
      put(struct, Slot.VARIADIC_INPUT_MINIMUM, "zero", number);
      put(struct, Slot.VARIADIC_INPUT_HOMOGENEITY, "zero", number);
      put(struct, Slot.VARIADIC_OUTPUT_MINIMUM, "zero", number);
      put(struct, Slot.VARIADIC_OUTPUT_HOMOGENEITY, "zero", number);
      put(
          struct,
          Slot.CREATE_KERNEL,
          "create",
          FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
      put(struct, Slot.COMPUTE, "compute", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
      put(struct, Slot.GET_START_VERSION, "startVersion", number);
      put(struct, Slot.GET_END_VERSION, "endVersion", number);
      return struct;
    }

    private void put(MemorySegment struct, Slot slot, String method, FunctionDescriptor type) {
      try {
        MethodType signature = type.toMethodType();
        MemorySegment stub =
            Linker.nativeLinker().upcallStub(LOOKUP.bind(this, method, signature), type, arena);
        struct.set(ADDRESS, 8L * slot.place, stub);
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }

    MemorySegment name(MemorySegment op) {
      return name;
    }

    MemorySegment provider(MemorySegment op) {
      return provider;
    }

    int inputType(MemorySegment op, long index) {
      return operator.inputs().get((int) index).code;
    }

    long inputCount(MemorySegment op) {
      return operator.inputs().size();
    }

    int outputType(MemorySegment op, long index) {
      return operator.outputs().get((int) index).code;
    }

    long outputCount(MemorySegment op) {
      return operator.outputs().size();
    }

    int inputCharacteristic(MemorySegment op, long index) {
      return index >= operator.inputs().size() - operator.optionalInputs() ? 1 : 0;
    }

    int zeroByIndex(MemorySegment op, long index) {
      return 0;
    }

    int zero(MemorySegment op) {
      return 0;
    }

    int startVersion(MemorySegment op) {
      return 1;
    }

    int endVersion(MemorySegment op) {
      return Integer.MAX_VALUE;
    }

    /** Kernels are known to ONNX Runtime by their number, counted from 1 (0 would be null). */
    MemorySegment create(
        MemorySegment op, MemorySegment api, MemorySegment info, MemorySegment out) {
      try {
        kernels.add(operator.kernels().apply(new KernelInfo(info)));
        out.reinterpret(8).set(ADDRESS, 0, MemorySegment.ofAddress(kernels.size()));
        return MemorySegment.NULL;
      } catch (Throwable t) {
        return OrtStatus.failure(operator.name() + ": " + t);
      }
    }

    MemorySegment compute(MemorySegment kernel, MemorySegment run) {
      try {
        context.enter(run);
        kernels.get((int) kernel.address() - 1).compute(context);
        return MemorySegment.NULL;
      } catch (Throwable t) {
        return OrtStatus.failure(operator.name() + ": " + t);
      }
    }

    void destroy(MemorySegment kernel) {
      // A kernel's memory belongs to whoever made its factory.
    }
  }
}

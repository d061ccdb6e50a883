package platform.deepseek.inference.ort;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaProviderTest {

  @Test
  void aMissingProviderIsNamedWithItsArtifact(@TempDir Path folder) throws IOException {
    Path library = Files.createFile(folder.resolve("libonnxruntime.so"));
    Files.createFile(folder.resolve("libonnxruntime_providers_shared.so"));

    assertThatThrownBy(() -> CudaProvider.requireInstalled(library))
        .isInstanceOf(OrtException.class)
        .hasMessage(
            ("DEVICE=cuda needs libonnxruntime_providers_cuda.so beside %s, and it is not there:"
                    + " unpack the libraries of com.microsoft.onnxruntime:onnxruntime_gpu:1.29.0"
                    + " into a folder, set DEEPSEEK_ORT_LIBRARY to the libonnxruntime.so in it, and"
                    + " put the libraries of CUDA 12 (libcudart.so.12, libcublasLt.so.12,"
                    + " libcublas.so.12, libcurand.so.10) there or on LD_LIBRARY_PATH")
                .formatted(library));
  }

  @Test
  void aBrokenLibraryOfCudaIsNamed(@TempDir Path folder) throws IOException {
    Path library = Files.createFile(folder.resolve("libonnxruntime.so"));
    Path broken = Files.createFile(folder.resolve("libcudart.so.12"));

    assertThatThrownBy(() -> CudaProvider.loadCudaLibraries(library))
        .isInstanceOf(OrtException.class)
        .hasMessage(
            "cannot load %s; DEVICE=cuda needs CUDA 12's libraries for this machine in the folder of"
                    .formatted(broken)
                + " %s or on LD_LIBRARY_PATH".formatted(library));
  }

  @Test
  void aWholeFolderIsAccepted(@TempDir Path folder) throws IOException {
    Path library = Files.createFile(folder.resolve("libonnxruntime.so"));
    Files.createFile(folder.resolve("libonnxruntime_providers_shared.so"));
    Files.createFile(folder.resolve("libonnxruntime_providers_cuda.so"));

    assertThatCode(() -> CudaProvider.requireInstalled(library)).doesNotThrowAnyException();
  }
}

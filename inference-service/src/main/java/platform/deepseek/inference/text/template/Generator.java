package platform.deepseek.inference.text.template;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Predicate;

/** Values that are made when asked for, and only once: what lazy filters such as map give. */
record Generator(Iterator<Object> iterator) {

  static <T> Iterator<Object> mapping(Iterator<? extends T> source, Function<T, Object> function) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return source.hasNext();
      }

      @Override
      public Object next() {
        return function.apply(source.next());
      }
    };
  }

  static Iterator<Object> filtering(Iterator<Object> source, Predicate<Object> keeps) {
    return new Iterator<>() {
      private Object found;
      private boolean ready;

      @Override
      public boolean hasNext() {
        while (!ready && source.hasNext()) {
          found = source.next();
          ready = keeps.test(found);
        }
        return ready;
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        ready = false;
        return found;
      }
    };
  }
}

"""Stack traces in the form of each language: two reports of one fault, and a report of another in the same program."""

from typing import NamedTuple


class Reports(NamedTuple):
    """Three reports.

    Attributes:
        one: A report.
        again: The same fault on another day: other addresses, lines, hashes, threads, devices.
        other: Another fault of the program; its frames of the runtime are the same.
    """

    one: str
    again: str
    other: str


REPORTS = {
    "java": Reports(
        """Clicking Save fails:
java.lang.IllegalStateException: Ledger 4711 is closed
\tat com.acorn.ledger.Book.post(Book.java:88)
\tat com.acorn.ledger.Desk.lambda$save$3(Desk.java:41)
\tat java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)
\tat java.base/java.lang.Thread.run(Thread.java:829)""",
        """seen again after the update
Exception in thread "pool-9-thread-2" java.lang.IllegalStateException: Ledger 99 is closed
\tat app//com.acorn.ledger.Book.post(Book.java:97)
\tat app//com.acorn.ledger.Desk.lambda$save$0(Desk.java:52)
\tat java.base@17.0.2/java.util.concurrent.FutureTask.run(FutureTask.java:266)
\t... 12 more""",
        """java.lang.IllegalStateException: Stamp is missing
\tat com.acorn.stamps.Press.ink(Press.java:12)
\tat com.acorn.stamps.Roll.turn(Roll.java:9)
\tat java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)
\tat java.base/java.lang.Thread.run(Thread.java:829)""",
    ),
    "java with a cause": Reports(
        """java.lang.RuntimeException: Request failed
\tat com.acorn.web.Gate.serve(Gate.java:30)
\tat com.acorn.web.Main.main(Main.java:7)
\tSuppressed: java.io.IOException: stream
\t\tat com.acorn.web.Pipe.close(Pipe.java:4)
\t\tat com.acorn.web.Gate.serve(Gate.java:33)
Caused by: java.lang.NullPointerException: tariff is null
\tat com.acorn.price.Tariff.of(Tariff.java:14)
\tat com.acorn.price.Quote.sum(Quote.java:55)
\t... 2 more""",
        """java.lang.RuntimeException: Request failed
\tat com.acorn.web.Gate.serve(Gate.java:31)
\tat com.acorn.web.Main.main(Main.java:8)
Caused by: java.lang.NullPointerException: tariff is null
\tat com.acorn.price.Tariff.of(Tariff.java:19)
\tat com.acorn.price.Quote.sum(Quote.java:60)
\t... 2 common frames omitted""",
        """java.lang.RuntimeException: Request failed
\tat com.acorn.web.Gate.serve(Gate.java:30)
\tat com.acorn.web.Main.main(Main.java:7)
Caused by: java.lang.ArithmeticException: / by zero
\tat com.acorn.stock.Shelf.share(Shelf.java:71)
\tat com.acorn.stock.Count.all(Count.java:23)
\t... 2 more""",
    ),
    "kotlin": Reports(
        """kotlin.UninitializedPropertyAccessException: lateinit property camera has not been initialized
\tat app.otter.lens.Shutter.open(Shutter.kt:20)
\tat app.otter.lens.ShutterKt$shoot$2.invokeSuspend(Shutter.kt:48)
\tat kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)
\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:106)""",
        """kotlin.UninitializedPropertyAccessException: lateinit property camera has not been initialized
\tat app.otter.lens.Shutter.open(Shutter.kt:25)
\tat app.otter.lens.ShutterKt$shoot$7.invokeSuspend(Shutter.kt:61)
\tat kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)
\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:108)""",
        """kotlin.KotlinNullPointerException
\tat app.otter.album.Page.flip(Page.kt:3)
\tat app.otter.album.PageKt$turn$1.invokeSuspend(Page.kt:17)
\tat kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)
\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:106)""",
    ),
    "android": Reports(
        """06-14 09:12:33.511  2210  2210 E AndroidRuntime: FATAL EXCEPTION: main
06-14 09:12:33.511  2210  2210 E AndroidRuntime: Process: app.otter, PID: 2210
06-14 09:12:33.511  2210  2210 E AndroidRuntime: java.lang.IllegalArgumentException: bad zoom 7
06-14 09:12:33.511  2210  2210 E AndroidRuntime: \tat app.otter.map.Zoom.set(Zoom.java:40)
06-14 09:12:33.511  2210  2210 E AndroidRuntime: \tat app.otter.map.MapView$1.onScale(MapView.java:102)
06-14 09:12:33.511  2210  2210 E AndroidRuntime: \tat android.view.View.dispatchTouchEvent(View.java:14309)
06-14 09:12:33.511  2210  2210 E AndroidRuntime: \tat android.os.Looper.loop(Looper.java:223)""",
        """Galaxy, Android 13
E/AndroidRuntime( 9931): FATAL EXCEPTION: main
E/AndroidRuntime( 9931): java.lang.IllegalArgumentException: bad zoom 21
E/AndroidRuntime( 9931): \tat app.otter.map.Zoom.set(Zoom.java:44)
E/AndroidRuntime( 9931): \tat app.otter.map.MapView$3.onScale(MapView.java:119)
E/AndroidRuntime( 9931): \tat android.view.View.dispatchTouchEvent(View.java:15001)
E/AndroidRuntime( 9931): \tat android.os.Looper.loop(Looper.java:288)""",
        """E/AndroidRuntime( 9931): FATAL EXCEPTION: main
E/AndroidRuntime( 9931): java.lang.SecurityException: no permission
E/AndroidRuntime( 9931): \tat app.otter.mic.Record.start(Record.java:40)
E/AndroidRuntime( 9931): \tat app.otter.mic.Panel$1.onClick(Panel.java:2)
E/AndroidRuntime( 9931): \tat android.view.View.dispatchTouchEvent(View.java:14309)
E/AndroidRuntime( 9931): \tat android.os.Looper.loop(Looper.java:223)""",
    ),
    "android native": Reports(
        """signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x18
backtrace:
    #00 pc 0000000000041a2c  /data/app/~~Qx7w==/app.otter-a1==/lib/arm64/libtiles.so (tiles::Cache::evict(int)+60)
    #01 pc 0000000000040111  /data/app/~~Q==/app.otter-a1==/lib/arm64/libtiles.so (tiles::Layer::draw()+12) (BuildId: 9)
    #02 pc 00000000000b1910  /apex/com.android.runtime/lib64/bionic/libc.so (__pthread_start(void*)+264)""",
        """F DEBUG   : backtrace:
F/DEBUG   ( 812):     #00 pc 00021b10  /data/app/app.otter-2/lib/arm/libtiles.so (tiles::Cache::evict(int)+52)
F/DEBUG   ( 812):     #01 pc 00020f01  /data/app/app.otter-2/lib/arm/libtiles.so (tiles::Layer::draw()+8)
F/DEBUG   ( 812):     #02 pc 0004f1ff  /system/lib/libc.so (__pthread_start(void*)+22)""",
        """signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0
backtrace:
    #00 pc 0000000000055a2c  /data/app/~~Qx7w==/app.otter-a1==/lib/arm64/libtiles.so (fonts::Glyph::load()+60)
    #01 pc 0000000000055b11  /data/app/~~Qx7w==/app.otter-a1==/lib/arm64/libtiles.so (fonts::Text::shape()+12)
    #02 pc 00000000000b1910  /apex/com.android.runtime/lib64/bionic/libc.so (__pthread_start(void*)+264)""",
    ),
    "python": Reports(
        """Traceback (most recent call last):
  File "/opt/kiln/bin/kiln", line 8, in <module>
    sys.exit(main())
             ^^^^^^
  File "/opt/kiln/lib/kiln/run.py", line 41, in main
    fire(plan)
  File "/opt/kiln/lib/kiln/oven.py", line 12, in fire
    heat = curve[step]
           ~~~~~^^^^^^
KeyError: 'bisque'""",
        """> Traceback (most recent call last):
>   File "C:\\kiln\\run.py", line 55, in main
>     fire(plan)
>   File "C:\\kiln\\oven.py", line 19, in fire
>     heat = curve[step]
> KeyError: 'glaze'""",
        """Traceback (most recent call last):
  File "/opt/kiln/bin/kiln", line 8, in <module>
    sys.exit(main())
  File "/opt/kiln/lib/kiln/run.py", line 44, in main
    report(plan)
  File "/opt/kiln/lib/kiln/paper.py", line 70, in report
    text = page.render()
  File "/opt/kiln/lib/kiln/page.py", line 7, in render
    return self.ink / self.width
ZeroDivisionError: division by zero""",
    ),
    "python, chained and in a group": Reports(
        """Traceback (most recent call last):
  File "/srv/hive/comb.py", line 3, in seal
    wax.pour()
  File "/srv/hive/wax.py", line 9, in pour
    raise Cold("wax")
hive.wax.Cold: wax

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/hive/app.py", line 20, in serve
    comb.seal()
  File "/srv/hive/comb.py", line 5, in seal
    raise Broken from None
hive.comb.Broken""",
        """  + Exception Group Traceback (most recent call last):
  |   File "/usr/lib/python3.12/asyncio/taskgroups.py", line 145, in __aexit__
  |     raise me from None
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/app/hive/comb.py", line 30, in seal
    |     wax.pour()
    |   File "/app/hive/wax.py", line 90, in pour
    |     raise Cold("wax")
    | hive.wax.Cold: wax
    +------------------------------------""",
        """Traceback (most recent call last):
  File "/srv/hive/frame.py", line 3, in lift
    smoke.puff()
  File "/srv/hive/smoke.py", line 9, in puff
    raise Empty("can")
hive.smoke.Empty: can

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/hive/app.py", line 20, in serve
    frame.lift()
  File "/srv/hive/frame.py", line 5, in lift
    raise Stuck from None
hive.frame.Stuck""",
    ),
    "node": Reports(
        """/srv/mill/src/grind.js:12
TypeError: Cannot read properties of undefined (reading 'grit')
    at Stone.turn (/srv/mill/src/grind.js:12:21)
    at async Belt.run [as start] (/srv/mill/src/belt.js:40:5)
    at async Promise.all (index 0)
    at Module._compile (node:internal/modules/cjs/loader:1101:14)
    at node:internal/main/run_main_module:17:47""",
        """[0] TypeError: Cannot read properties of undefined (reading 'grit')
    at Stone.turn (C:\\mill\\src\\grind.js:18:21)
    at async Belt.run [as start] (C:\\mill\\src\\belt.js:44:5)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)""",
        """TypeError: Cannot read properties of undefined (reading 'sack')
    at Chute.drop (/srv/mill/src/chute.js:7:3)
    at new Chute (/srv/mill/src/chute.js:2:9)
    at Module._compile (node:internal/modules/cjs/loader:1101:14)
    at node:internal/main/run_main_module:17:47""",
    ),
    "browsers": Reports(
        """Uncaught TypeError: cart.lines is undefined
    at Basket.total (https://shop.example/assets/basket.3fa9c1d2.js:88:14)
    at Checkout.pay (https://shop.example/assets/checkout.77aa01be.js:12:9)
    at HTMLButtonElement.<anonymous> (https://shop.example/assets/page.91ab22cc.js:5:3)""",
        """TypeError: cart.lines is undefined
total@https://shop.example/assets/basket.0b1c9e44.js:91:20
pay@https://shop.example/assets/checkout.f00dbeef1.js:13:17
@https://shop.example/assets/page.aa00bb11.js:6:2
forEach@[native code]""",
        """TypeError: stock.size is undefined
fill@https://shop.example/assets/shelf.0b1c9e44.js:91:20
open@https://shop.example/assets/store.f00dbeef1.js:13:17
@https://shop.example/assets/page.aa00bb11.js:6:2
forEach@[native code]""",
    ),
    "minified": Reports(
        """TypeError: Cannot read property 'id' of null
    at t (https://cdn.example/app-2CKLJ5AX.js:2:48211)
    at e.n (https://cdn.example/app-2CKLJ5AX.js:2:90417)
    at Object.r [as loadTiles] (https://cdn.example/app-2CKLJ5AX.js:2:1207)""",
        """TypeError: Cannot read property 'id' of null
    at t (https://cdn.example/app-9ZQ0M1PB.js:2:48211)
    at e.n (https://cdn.example/app-9ZQ0M1PB.js:2:90417)
    at Object.r [as loadTiles] (https://cdn.example/app-9ZQ0M1PB.js:2:1207)""",
        """TypeError: Cannot read property 'id' of null
    at t (https://cdn.example/app-2CKLJ5AX.js:2:61822)
    at e.n (https://cdn.example/app-2CKLJ5AX.js:2:70115)
    at Object.r [as loadTiles] (https://cdn.example/app-2CKLJ5AX.js:2:3340)""",
    ),
    "rust": Reports(
        """thread 'main' panicked at 'called `Option::unwrap()` on a `None` value', src/nest.rs:21:40
stack backtrace:
   0: rust_begin_unwind
             at /rustc/90c541806/library/std/src/panicking.rs:575:5
   1: core::panicking::panic_fmt
             at /rustc/90c541806/library/core/src/panicking.rs:64:14
   2: finch::nest::Nest::hatch
             at ./src/nest.rs:21:40
   3: finch::flock::gather::{{closure}}
             at ./src/flock.rs:9:13
   4: finch::main
             at ./src/main.rs:3:5
   5: core::ops::function::FnOnce::call_once
             at /rustc/90c541806/library/core/src/ops/function.rs:250:5""",
        """thread '<unnamed>' (81) panicked at src/nest.rs:33:40:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0:     0x55d0a1c2b7fa - std::backtrace_rs::backtrace::libunwind::trace::h1c9d53dba3a8aa4b
   1:     0x55d0a1c4c0ee - core::fmt::write::h8a1b1b2c3d4e5f60
   2:     0x55d0a1c29aa5 - rust_begin_unwind
   3:     0x55d0a1c0aabb - finch::nest::Nest::hatch::h0123456789abcdef
   4:     0x55d0a1c0bbcc - finch::flock::gather::{{closure}}::hfedcba9876543210
   5:     0x55d0a1c0ccdd - finch::main::h00112233aabbccdd
   6:     0x7f1e2a029d90 - __libc_start_main""",
        """thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 7', src/egg.rs:4:9
stack backtrace:
   0: rust_begin_unwind
             at /rustc/90c541806/library/std/src/panicking.rs:575:5
   1: core::panicking::panic_bounds_check
             at /rustc/90c541806/library/core/src/panicking.rs:64:14
   2: finch::egg::Egg::crack
             at ./src/egg.rs:4:9
   3: <finch::pan::Pan as finch::heat::Cook>::fry
             at ./src/pan.rs:9:13
   4: core::ops::function::FnOnce::call_once
             at /rustc/90c541806/library/core/src/ops/function.rs:250:5""",
    ),
    "go": Reports(
        """panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x4a1f2b]

goroutine 1 [running]:
main.(*Ferry).dock(0xc000012340, {0xc0000a, 0x4})
\t/home/ann/ferry/ferry.go:31 +0x1d
main.(*Harbour).open.func1()
\t/home/ann/ferry/harbour.go:77 +0x92

goroutine 18 [chan receive, 5 minutes]:
main.(*Lamp).watch(0xc00007)
\t/home/ann/ferry/lamp.go:9 +0x33
created by main.(*Lamp).start
\t/home/ann/ferry/lamp.go:4 +0x44""",
        """panic: runtime error: invalid memory address or nil pointer dereference [recovered]
goroutine 72 [running]:
panic({0x5e1000, 0x7f00})
\t/usr/local/go/src/runtime/panic.go:884 +0x212
main.(*Ferry).dock(0xc0004f, {0xc0000a, 0x9})
\t/build/ferry.go:39 +0x2e
main.(*Harbour).open.func3()
\t/build/harbour.go:80 +0xa1

goroutine 5 [select]:
main.(*Lamp).watch(0xc00009)
\t/build/lamp.go:9 +0x35
created by main.(*Lamp).start in goroutine 1
\t/build/lamp.go:4 +0x45""",
        """panic: assignment to entry in nil map

goroutine 1 [running]:
main.(*Crew).hire(0xc000012340)
\t/home/ann/ferry/crew.go:12 +0x1d
main.roster(...)
\t/home/ann/ferry/roster.go:5 +0x92

goroutine 18 [chan receive, 5 minutes]:
main.(*Lamp).watch(0xc00007)
\t/home/ann/ferry/lamp.go:9 +0x33
created by main.(*Lamp).start
\t/home/ann/ferry/lamp.go:4 +0x44""",
    ),
    "gdb": Reports(
        """Program received signal SIGSEGV, Segmentation fault.
#0  0x00005555555551a9 in brick::Wall::lay (this=0x0, row=3) at /home/bo/brick/wall.cc:31
#1  0x00005555555552c0 in brick::build<int> (plan=...) at /home/bo/brick/plan.cc:12
#2  0x00005555555553d1 in main (argc=1, argv=0x7ffe) at main.cc:9""",
        """#0  brick::Wall::lay (this=0x55d1, row=8) at wall.cc:40
#1  0x000055aa in brick::build<long> (plan=...) at plan.cc:18
#2  0x000055bb in main () at main.cc:9""",
        """Program received signal SIGSEGV, Segmentation fault.
#0  0x00005555555561a9 in brick::Roof::tile (this=0x0) at /home/bo/brick/roof.cc:3
#1  0x00005555555562c0 in brick::cover (plan=...) at /home/bo/brick/plan.cc:52
#2  0x00005555555553d1 in main (argc=1, argv=0x7ffe) at main.cc:9""",
    ),
    "address sanitizer": Reports(
        """==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4f2a
READ of size 4 at 0x602000000010 thread T0
    #0 0x4f2a31 in loom_weave(loom*, int) /src/loom/weave.c:51:9
    #1 0x4f2b80 in shuttle_pass /src/loom/shuttle.c:17:3
    #2 0x7f0c5a in __libc_start_main (/lib/x86_64-linux-gnu/libc.so.6+0x270b2)

freed by thread T0 here:
    #0 0x49a0 in free (/src/loom/a.out+0x49a0)
    #1 0x4f2c11 in loom_drop /src/loom/loom.c:8:5""",
        """==9==ERROR: AddressSanitizer: heap-use-after-free on address 0x603000000040 at pc 0x51aa
    #0 0x51aa02 in loom_weave(loom*, int) /work/weave.c:58:9
    #1 0x51ab90 in shuttle_pass /work/shuttle.c:20:3
    #2 0x51ff10 in main (/work/a.out+0x51ff10)""",
        """==31==ERROR: AddressSanitizer: stack-buffer-overflow on address 0x7ffe
    #0 0x6010aa in spool_wind /src/loom/spool.c:77:2
    #1 0x6011bb in bobbin_fill /src/loom/bobbin.c:9:1
    #2 0x7f0c5a in __libc_start_main (/lib/x86_64-linux-gnu/libc.so.6+0x270b2)""",
    ),
    "thread sanitizer": Reports(
        """WARNING: ThreadSanitizer: data race (pid=12)
  Write of size 8 at 0x7b04 by thread T1:
    #0 tally_add /src/tally.cc:12:8 (tally+0x4b1)
    #1 counter_loop(void*) /src/counter.cc:30:3 (tally+0x5c2)

  Previous read of size 8 at 0x7b04 by main thread:
    #0 tally_get /src/tally.cc:20:8 (tally+0x4c0)
    #1 main /src/main.cc:4:3 (tally+0x600)""",
        """WARNING: ThreadSanitizer: data race (pid=888)
  Write of size 8 at 0x9900 by thread T4:
    #0 tally_add tally.cc:15:8 (tally+0x14b1)
    #1 counter_loop(void*) counter.cc:33:3 (tally+0x15c2)
    #2 <null> <null> (libtsan.so.0+0x2d1af)""",
        """WARNING: ThreadSanitizer: data race (pid=13)
  Write of size 8 at 0x7b04 by thread T1:
    #0 gauge_set /src/gauge.cc:2:8 (tally+0x7b1)
    #1 needle_move(void*) /src/needle.cc:3:3 (tally+0x8c2)""",
    ),
    "undefined behaviour sanitizer": Reports(
        """abacus.c:19:14: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'
    #0 0x42f3 in abacus_slide /src/abacus.c:19:14
    #1 0x4400 in bead_push /src/bead.c:7:3
    #2 0x7f00 in __libc_start_main (/lib64/libc.so.6+0x23492)""",
        """abacus.c:24:14: runtime error: signed integer overflow: 2147483640 + 99 cannot be represented in type 'int'
    #0 0xa2f3 in abacus_slide abacus.c:24:14
    #1 0xa400 in bead_push bead.c:8:3""",
        """/src/rod.c:3:1: runtime error: shift exponent 40 is too large for 32-bit type 'int'
    #0 0x52f3 in rod_bend /src/rod.c:3:1
    #1 0x5400 in rod_press /src/rod.c:9:3
    #2 0x7f00 in __libc_start_main (/lib64/libc.so.6+0x23492)""",
    ),
    "glibc": Reports(
        """*** Error in `./sieve': double free or corruption (fasttop): 0x000000 ***
======= Backtrace: =========
/lib/x86_64-linux-gnu/libc.so.6(+0x777e5)[0x7f5a1c]
./sieve(sift_rows+0x1b)[0x400a1b]
./sieve(shake_all+0x2c)[0x400b2c]
/lib/x86_64-linux-gnu/libc.so.6(__libc_start_main+0xf0)[0x7f5830]""",
        """/lib64/libc.so.6(+0x81499)[0x7f00aa]
/opt/sieve(sift_rows+0x2f)[0x55aa2f]
/opt/sieve(shake_all+0x31)[0x55ab31]
/lib64/libc.so.6(__libc_start_main+0xf5)[0x7f0bb5]""",
        """/lib/x86_64-linux-gnu/libc.so.6(+0x777e5)[0x7f5a1c]
./sieve(mesh_patch+0x9)[0x400c09]
./sieve(mesh_close+0x4)[0x400d04]
/lib/x86_64-linux-gnu/libc.so.6(__libc_start_main+0xf0)[0x7f5830]""",
    ),
    "dotnet": Reports(
        """Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.
   at Heron.Pond.Fish.Swim(String name, Int32 depth) in C:\\src\\Fish.cs:line 14
   at Heron.Pond.Shore.<WatchAsync>d__7.MoveNext() in C:\\src\\Shore.cs:line 71
--- End of stack trace from previous location where exception was thrown ---
   at System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw()
   at System.Threading.Tasks.Task.Wait()""",
        """System.NullReferenceException: Object reference not set to an instance of an object.
   at Heron.Pond.Fish.Swim(String name, Int32 depth) in /home/ci/Fish.cs:line 19
   at Heron.Pond.Shore.<WatchAsync>d__12.MoveNext() in /home/ci/Shore.cs:line 80
   at System.Threading.ThreadPoolWorkQueue.Dispatch()""",
        """System.ArgumentException: Value does not fall within the expected range.
   at Heron.Nest.Twig.Place(Double x) in C:\\src\\Twig.cs:line 3
   at Heron.Nest.Tree.<>c__DisplayClass4_0.<Build>b__1(Object o) in C:\\src\\Tree.cs:line 9
   at System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw()
   at System.Threading.Tasks.Task.Wait()""",
    ),
    "dotnet in other languages": Reports(
        """System.NullReferenceException: Der Objektverweis wurde nicht auf eine Objektinstanz festgelegt.
   bei Heron.Pond.Fish.Swim(String name, Int32 depth) in C:\\src\\Fish.cs:Zeile 14.
   bei Heron.Pond.Shore.Watch() in C:\\src\\Shore.cs:Zeile 71.
   bei System.Threading.Tasks.Task.Execute()""",
        """System.NullReferenceException: Ссылка на объект не указывает на экземпляр объекта.
   в Heron.Pond.Fish.Swim(String name, Int32 depth) в C:\\src\\Fish.cs:строка 16
   в Heron.Pond.Shore.Watch() в C:\\src\\Shore.cs:строка 70
   в System.Threading.Tasks.Task.Execute()""",
        """System.IO.FileNotFoundException: Le fichier est introuvable.
   à Heron.Nest.Twig.Place(Double x) dans C:\\src\\Twig.cs:ligne 3
   à Heron.Nest.Tree.Build() dans C:\\src\\Tree.cs:ligne 9
   à System.Threading.Tasks.Task.Execute()""",
    ),
    "ruby": Reports(
        """app/models/kettle.rb:12:in `boil': undefined method `heat' for nil:NilClass (NoMethodError)
\tfrom app/models/stove.rb:30:in `block in light'
\tfrom app/models/stove.rb:29:in `each'
\tfrom /usr/lib/ruby/3.0.0/set.rb:501:in `each_key'
\tfrom bin/cook.rb:4:in `<main>'""",
        """/srv/tea/app/models/kettle.rb:15:in 'Kettle#boil': undefined method 'heat' for nil (NoMethodError)
\tfrom /srv/tea/app/models/stove.rb:33:in 'block in Stove#light'
\tfrom /srv/tea/app/models/stove.rb:32:in 'Array#each'
\tfrom /usr/lib/ruby/3.4.0/set.rb:501:in 'Set#each_key'""",
        """app/models/cup.rb:3:in `pour': divided by 0 (ZeroDivisionError)
\tfrom app/models/tray.rb:8:in `carry'
\tfrom /usr/lib/ruby/3.0.0/set.rb:501:in `each_key'
\tfrom bin/cook.rb:4:in `<main>'""",
    ),
    "php": Reports(
        """PHP Fatal error:  Uncaught TypeError: Argument 1 must be of type int in /var/www/src/Quilt.php:20
Stack trace:
#0 /var/www/src/Quilt.php(20): Patch\\Quilt->sew('red')
#1 /var/www/src/Needle.php(7): Patch\\Needle::{closure}(Object(Patch\\Quilt))
#2 [internal function]: array_map(Object(Closure), Array)
#3 {main}
  thrown in /var/www/src/Quilt.php on line 20""",
        """Uncaught TypeError: Argument 1 must be of type int in /home/u12/public/src/Quilt.php:24
#0 /home/u12/public/src/Quilt.php(24): Patch\\Quilt->sew('blue')
#1 /home/u12/public/src/Needle.php(9): Patch\\Needle::{closure:Patch\\Needle::run():12}(Object(Patch\\Quilt))
#2 {main}""",
        """PHP Fatal error:  Uncaught Error: Call to a member function cut() on null in /var/www/src/Cloth.php:2
#0 /var/www/src/Cloth.php(2): Patch\\Cloth->fold()
#1 /var/www/src/Scissors.php(7): Patch\\Scissors->open()
#2 [internal function]: array_map(Object(Closure), Array)
#3 {main}""",
    ),
    "apple": Reports(
        """Exception Type:  EXC_BAD_ACCESS (SIGSEGV)
Thread 0::  Dispatch queue: com.apple.main-thread
0   libsystem_kernel.dylib        \t0x00007fff2038c2ba mach_msg_trap + 10
1   Compass                       \t0x0000000104aa1000 idle_loop + 12
2   Compass                       \t0x0000000104aa1100 poll_loop + 99

Thread 4 Crashed:
0   libobjc.A.dylib               \t0x00007fff20193a81 objc_msgSend + 29
1   Compass                       \t0x0000000104a1b2c3 -[NeedleView spin:] + 123
2   Compass                       \t0x0000000104a1c3d4 closure #1 in Dial.update(to:) + 456 (Dial.swift:12)
3   UIKitCore                     \t0x00007fff24b1 -[UIApplication _run] + 300""",
        """iPhone 12, iOS 16
Exception Type:  EXC_BAD_ACCESS (SIGSEGV)
Thread 0:
0   libsystem_kernel.dylib        \t0x00000001d1 mach_msg_trap + 8
1   Compass                       \t0x00000001021000 idle_loop + 16
2   Compass                       \t0x00000001021100 poll_loop + 96
Thread 2 Crashed:
0   libobjc.A.dylib               \t0x00000001d9 objc_msgSend + 32
1   Compass                       \t0x000000010201 -[NeedleView spin:] + 130
2   Compass                       \t0x000000010202 closure #2 in Dial.update(to:) + 460 (Dial.swift:14)
3   UIKitCore                     \t0x000000018b -[UIApplication _run] + 280""",
        """Exception Type:  EXC_CRASH (SIGABRT)
Thread 0::  Dispatch queue: com.apple.main-thread
0   libsystem_kernel.dylib        \t0x00007fff2038c2ba mach_msg_trap + 10
1   Compass                       \t0x0000000104aa1000 idle_loop + 12
2   Compass                       \t0x0000000104aa1100 poll_loop + 99

Thread 1 Crashed:
0   libsystem_kernel.dylib        \t0x00007fff2038 __pthread_kill + 10
1   Compass                       \t0x0000000104a1b2c3 Chart.draw(in:) + 44
2   Compass                       \t0x0000000104a1c3d4 Chart.tile(_:) + 12
3   UIKitCore                     \t0x00007fff24b1 -[UIApplication _run] + 300""",
    ),
    "apple in JSON": Reports(
        """"exception" : {"type":"EXC_BAD_ACCESS","signal":"SIGSEGV"},
"threads" : [{"id":1,"frames":[{"imageOffset":1120,"symbol":"idle_loop","symbolLocation":3,"imageIndex":2},"""
        """{"imageOffset":2120,"symbol":"poll_loop","symbolLocation":3,"imageIndex":2}]},"""
        """{"triggered":true,"id":9,"threadState":{"x":[{"value":0}]},"frames":["""
        """{"imageOffset":4312,"symbol":"objc_msgSend","symbolLocation":32,"imageIndex":4},"""
        """{"imageOffset":5512,"symbol":"-[NeedleView spin:]","symbolLocation":130,"imageIndex":1},"""
        """{"imageOffset":5601,"symbol":"Dial.update(to:)","symbolLocation":7,"imageIndex":1}]}]""",
        """"exception" : {"type":"EXC_BAD_ACCESS","signal":"SIGSEGV"},
"threads" : [{"id":1,"frames":[{"imageOffset":1990,"symbol":"idle_loop","symbolLocation":3,"imageIndex":2},"""
        """{"imageOffset":2990,"symbol":"poll_loop","symbolLocation":3,"imageIndex":2}]},"""
        """{"triggered":true,"id":4,"threadState":{"x":[{"value":1}]},"frames":["""
        """{"imageOffset":4990,"symbol":"objc_msgSend","symbolLocation":20,"imageIndex":3},"""
        """{"imageOffset":5990,"symbol":"-[NeedleView spin:]","symbolLocation":99,"imageIndex":0},"""
        """{"imageOffset":6990,"symbol":"Dial.update(to:)","symbolLocation":1,"imageIndex":0}]}]""",
        """"exception" : {"type":"EXC_CRASH","signal":"SIGABRT"},
"threads" : [{"id":1,"frames":[{"imageOffset":1120,"symbol":"idle_loop","symbolLocation":3,"imageIndex":2},"""
        """{"imageOffset":2120,"symbol":"poll_loop","symbolLocation":3,"imageIndex":2}]},"""
        """{"triggered":true,"id":9,"threadState":{"x":[{"value":0}]},"frames":["""
        """{"imageOffset":7312,"symbol":"Chart.draw(in:)","symbolLocation":32,"imageIndex":1},"""
        """{"imageOffset":7512,"symbol":"Chart.tile(_:)","symbolLocation":130,"imageIndex":1}]}]""",
    ),
    "dart": Reports(
        """The following RangeError was thrown building Tray(dirty): RangeError (index): Invalid value
#0      List.[] (dart:core-patch/growable_array.dart:281:36)
#1      _TrayState.build (package:picnic/tray.dart:40:21)
#2      Lid.open.<anonymous closure> (package:picnic/lid.dart:9:5)
#3      StatefulElement.build (package:flutter/src/widgets/framework.dart:5599:27)""",
        """#0      List.[] (dart:core-patch/growable_array.dart:264:36)
#1      _TrayState.build (package:picnic/tray.dart:44:21)
#2      Lid.open.<anonymous closure> (package:picnic/lid.dart:10:5)
#3      StatefulElement.build (package:flutter/src/widgets/framework.dart:5409:27)""",
        """#0      List.[] (dart:core-patch/growable_array.dart:281:36)
#1      Rug.spread (package:picnic/rug.dart:4:2)
#2      Grass.mow (package:picnic/grass.dart:90:5)""",
    ),
}

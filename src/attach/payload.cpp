// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "attach/payload.hpp"

#include <cstring>

// Written by hand, for a compiler may put a call, a constant or a check of its own into the simplest function. Offsets
// in
// (%rbx) are those of PayloadOutput, names before `entry` those of PayloadInput.
#if defined(__x86_64__)
__asm__(R"(
    .pushsection .rodata.ttmem_payload,"a",@progbits
    .balign 16
ttmem_payload_begin:
magic$:          .quad 0
borrowed$:       .quad 0
go_on_at$:       .quad 0
region$:         .quad 0
errno_location$: .quad 0
pthread_create$: .quad 0
pthread_self$:   .quad 0
pthread_detach$: .quad 0
dlopen$:         .quad 0
dlsym$:          .quad 0
dlerror$:        .quad 0
munmap$:         .quad 0
attacher$:       .quad 0
saved_state$:    .quad 0
arguments$:      .quad 0, 0
symbol$:         .space 40

ttmem_payload_entry:
    lea     -128(%rsp), %rsp            # the red zone
    pushfq
    push    %rax
    push    %rcx
    push    %rdx
    push    %rbx
    push    %rbp
    push    %rsi
    push    %rdi
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    cld
    mov     %rsp, %rbp
    mov     $9, %eax                    # mmap
    mov     region$(%rip), %rdi
    mov     $0x10000, %esi
    mov     $3, %edx                    # PROT_READ | PROT_WRITE
    mov     $0x100022, %r10d            # MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
    mov     $-1, %r8
    xor     %r9d, %r9d
    syscall
    cmp     region$(%rip), %rax
    jne     leave$                      # the stack is still the thread's own
    mov     %rax, %rbx
    mov     magic$(%rip), %rax
    mov     %rax, 64(%rbx)
    lea     0xd000(%rbx), %rsp          # a stack of our own: the thread's may be small
    mov     saved_state$(%rip), %rax
    mov     %rax, %rdx
    shr     $32, %rdx
    xsave64 0xd000(%rbx)
    movq    $-1, 40(%rbx)
    mov     $14, %eax                   # rt_sigprocmask
    mov     $2, %edi                    # SIG_SETMASK
    lea     40(%rbx), %rsi
    lea     32(%rbx), %rdx
    mov     $8, %r10d
    syscall
    call    *errno_location$(%rip)
    mov     %rax, %r12
    mov     (%rax), %r13d
    lea     24(%rbx), %rdi
    xor     %esi, %esi
    lea     helper$(%rip), %rdx
    mov     %rbx, %rcx
    call    *pthread_create$(%rip)
    mov     %eax, 4(%rbx)
    mov     %r13d, (%r12)
    mov     saved_state$(%rip), %rax
    mov     %rax, %rdx
    shr     $32, %rdx
    xrstor64 0xd000(%rbx)
    mov     $14, %eax
    mov     $2, %edi
    lea     32(%rbx), %rsi
    xor     %edx, %edx
    mov     $8, %r10d
    syscall
    mov     %rbp, %rsp
    movl    $1, 0(%rbx)                 # nothing of the region is touched from here on
leave$:
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rdi
    pop     %rsi
    pop     %rbp
    pop     %rbx
    pop     %rdx
    pop     %rcx
    pop     %rax
    popfq
    lea     128(%rsp), %rsp
    jmp     *go_on_at$(%rip)

helper$:
    push    %rbx
    push    %r12
    sub     $8, %rsp
    mov     %rdi, %rbx
    mov     $186, %eax                  # gettid
    syscall
    mov     %eax, 20(%rbx)
    call    *pthread_self$(%rip)
    mov     %rax, %rdi
    call    *pthread_detach$(%rip)
    movl    $1, 8(%rbx)
    lea     path$(%rip), %rdi
    mov     $0x102, %esi                # RTLD_NOW | RTLD_GLOBAL
    call    *dlopen$(%rip)
    mov     $2, %r12d
    test    %rax, %rax
    jz      complain$
    mov     %rax, %rdi
    lea     symbol$(%rip), %rsi
    call    *dlsym$(%rip)
    mov     $3, %r12d
    test    %rax, %rax
    jz      complain$
    mov     %rax, %r10
    lea     1024(%rbx), %rdi
    mov     $1024, %esi
    mov     arguments$(%rip), %rdx
    mov     8+arguments$(%rip), %rcx
    call    *%r10
    mov     %eax, 12(%rbx)
    mov     $4, %r12d
    jmp     answer$
complain$:
    call    *dlerror$(%rip)
    test    %rax, %rax
    jz      answer$
    mov     %rax, %rsi
    lea     1024(%rbx), %rdi
    mov     $1023, %ecx
copy$:
    lodsb
    test    %al, %al
    jz      answer$
    stosb
    dec     %ecx
    jnz     copy$
answer$:
    mov     %r12d, 8(%rbx)
    mov     $6000, %r12d                # a minute
    movq    $0, 48(%rbx)
    movq    $10000000, 56(%rbx)         # 10 ms
wait$:
    cmpl    $0, 16(%rbx)
    jne     end$
    mov     $35, %eax                   # nanosleep
    lea     48(%rbx), %rdi
    xor     %esi, %esi
    syscall
    mov     $62, %eax                   # kill, signal 0: is somebody there to answer?
    mov     attacher$(%rip), %rdi
    xor     %esi, %esi
    syscall
    cmp     $-3, %rax                   # ESRCH
    je      end$
    dec     %r12d
    jnz     wait$
end$:
    cmpl    $0, 0(%rbx)                 # the borrowed thread may still stand on the region: whoever attached is gone,
    jne     unmap$                      # and it waits for a processor
    mov     $35, %eax
    lea     48(%rbx), %rdi
    xor     %esi, %esi
    syscall
    jmp     end$
unmap$:
    mov     %rbx, %rdi
    mov     $0x10000, %esi
    add     $8, %rsp
    pop     %r12
    pop     %rbx
    jmp     *munmap$(%rip)              # returns to where this thread began, and its end
path$:
ttmem_payload_end:
    .popsection
)");

extern "C" const unsigned char ttmem_payload_begin[];
extern "C" const unsigned char ttmem_payload_entry[];
extern "C" const unsigned char ttmem_payload_end[];

namespace ttmem::attach {

std::vector<unsigned char> make_payload(const PayloadInput& input, const char* path) {
    std::vector<unsigned char> payload(ttmem_payload_begin, ttmem_payload_end);
    std::memcpy(payload.data(), &input, sizeof input);
    payload.insert(payload.end(), path, path + std::strlen(path) + 1);
    payload.resize((payload.size() + 7) / 8 * 8);
    return payload;
}

size_t payload_entry() {
    return static_cast<size_t>(ttmem_payload_entry - ttmem_payload_begin);
}

}  // namespace ttmem::attach

#else

namespace ttmem::attach {

std::vector<unsigned char> make_payload(const PayloadInput&, const char*) {
    return {};
}

size_t payload_entry() {
    return 0;
}

}  // namespace ttmem::attach

#endif

/* lib-pthread from inside: each export checks one part and returns 0, or the line of what is not so. */
#define EXPORT(name) __attribute__((export_name(#name)))
#define CHECK(condition)     \
    do {                     \
        if (!(condition)) {  \
            return __LINE__; \
        }                    \
    } while (0)

typedef unsigned int word;

enum { EPERM = 1, ESRCH = 3, EAGAIN = 11, EBUSY = 16, EINVAL = 22, EDEADLK = 35, ETIMEDOUT = 110 };

extern int pthread_create(word *thread, const void *attr, void *(*start)(void *), void *arg);
extern int pthread_join(word thread, void **result);
extern int pthread_detach(word thread);
extern int pthread_cancel(word thread);
extern word pthread_self(void);
extern void pthread_exit(void *result);
extern int pthread_mutex_init(word *mutex, void *attr);
extern int pthread_mutex_lock(word *mutex);
extern int pthread_mutex_unlock(word *mutex);
extern int pthread_mutex_destroy(word *mutex);
extern int pthread_cond_init(word *cond, void *attr);
extern int pthread_cond_wait(word *cond, word *mutex);
extern int pthread_cond_timedwait(word *cond, word *mutex, unsigned long long useconds);
extern int pthread_cond_signal(word *cond);
extern int pthread_cond_broadcast(word *cond);
extern int pthread_cond_destroy(word *cond);
extern int pthread_key_create(word *key, void (*destructor)(void *));
extern int pthread_setspecific(word key, void *value);
extern void *pthread_getspecific(word key);
extern int pthread_key_delete(word key);
extern int posix_memalign(void **memptr, int align, int size);
extern void *malloc(int size);
extern void free(void *block);
extern int sem_open(const char *name, int oflags, int mode, int value);
extern int sem_close(word sem);
extern int sem_wait(word sem);
extern int sem_trywait(word sem);
extern int sem_post(word sem);
extern int sem_getvalue(word sem, int *value);
extern int sem_unlink(const char *name);

static word mutex, cond, key;
static int count, is_ready, destroyed;

static void *add(void *times)
{
    int i;
    for (i = 0; i < (int)times; i++) {
        if (pthread_mutex_lock(&mutex) != 0) {
            return (void *)-1;
        }
        count = count + 1;
        if (pthread_mutex_unlock(&mutex) != 0) {
            return (void *)-1;
        }
    }
    return (void *)pthread_self();
}

static void *lock_only(void *unused)
{
    (void)unused;
    return (void *)pthread_mutex_lock(&mutex);
}

static void *unlock_only(void *unused)
{
    (void)unused;
    return (void *)pthread_mutex_unlock(&mutex);
}

/* A thread has nothing of an earlier one's. */
EXPORT(gone_owner) int gone_owner(void)
{
    word thread;
    void *result;
    CHECK(pthread_mutex_init(&mutex, 0) == 0);
    CHECK(pthread_create(&thread, 0, lock_only, 0) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == 0);
    CHECK(pthread_create(&thread, 0, unlock_only, 0) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK((int)result == EPERM);
    CHECK(pthread_mutex_destroy(&mutex) == EBUSY);
    return 0;
}

EXPORT(mutexes) int mutexes(void)
{
    word threads[3], unknown = 123456789;
    void *result;
    int i;
    CHECK(pthread_self() == 0);
    CHECK(pthread_mutex_init(&mutex, 0) == 0);
    count = 0;
    for (i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], 0, add, (void *)500) == 0);
    }
    for (i = 0; i < 3; i++) {
        CHECK(pthread_join(threads[i], &result) == 0);
        CHECK((word)result == threads[i]);
        CHECK(pthread_join(threads[i], &result) == 0);
    }
    CHECK(count == 1500);
    CHECK(pthread_mutex_lock(&mutex) == 0);
    CHECK(pthread_mutex_lock(&mutex) == EDEADLK);
    CHECK(pthread_mutex_destroy(&mutex) == EBUSY);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
    CHECK(pthread_mutex_unlock(&mutex) == EPERM);
    CHECK(pthread_mutex_destroy(&mutex) == 0);
    CHECK(pthread_mutex_lock(&mutex) == EINVAL);
    CHECK(pthread_mutex_destroy(&mutex) == EINVAL);
    CHECK(pthread_mutex_lock(&unknown) == EINVAL);
    CHECK(pthread_join(unknown, 0) == ESRCH);
    CHECK(pthread_detach(unknown) == ESRCH);
    CHECK(pthread_cancel(unknown) == ESRCH);
    return 0;
}

static void *signal_ready(void *all)
{
    pthread_mutex_lock(&mutex);
    is_ready = 1;
    if (all) {
        pthread_cond_broadcast(&cond);
    } else {
        pthread_cond_signal(&cond);
    }
    pthread_mutex_unlock(&mutex);
    return 0;
}

static void *await_ready(void *unused)
{
    int waited = pthread_mutex_lock(&mutex);
    while (!is_ready && waited == 0) {
        waited = pthread_cond_wait(&cond, &mutex);
    }
    count++;
    pthread_mutex_unlock(&mutex);
    (void)unused;
    return (void *)waited;
}

EXPORT(conditions) int conditions(void)
{
    word threads[4];
    void *result = (void *)1;
    int i;
    CHECK(pthread_mutex_init(&mutex, 0) == 0);
    CHECK(pthread_cond_init(&cond, 0) == 0);
    CHECK(pthread_cond_wait(&cond, &mutex) == EPERM);
    CHECK(pthread_mutex_lock(&mutex) == 0);
    CHECK(pthread_cond_timedwait(&cond, &mutex, 1000) == ETIMEDOUT);
    is_ready = 0;
    CHECK(pthread_create(&threads[0], 0, signal_ready, 0) == 0);
    while (!is_ready) {
        CHECK(pthread_cond_timedwait(&cond, &mutex, ~0ULL) == 0);
    }
    CHECK(pthread_mutex_unlock(&mutex) == 0);
    CHECK(pthread_join(threads[0], &result) == 0);
    CHECK(result == 0);
    is_ready = 0;
    count = 0;
    for (i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], 0, await_ready, 0) == 0);
    }
    CHECK(pthread_create(&threads[3], 0, signal_ready, (void *)1) == 0);
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], &result) == 0);
        CHECK(result == 0);
    }
    CHECK(count == 3);
    CHECK(pthread_cond_destroy(&cond) == 0);
    CHECK(pthread_cond_signal(&cond) == EINVAL);
    CHECK(pthread_cond_broadcast(&cond) == EINVAL);
    CHECK(pthread_cond_destroy(&cond) == EINVAL);
    CHECK(pthread_mutex_destroy(&mutex) == 0);
    return 0;
}

static void note_destroyed(void *value)
{
    __atomic_fetch_add(&destroyed, (int)value, __ATOMIC_SEQ_CST);
}

static void *keep_value(void *value)
{
    if (pthread_getspecific(key) != 0 || pthread_setspecific(key, value) != 0) {
        return (void *)-1;
    }
    return pthread_getspecific(key);
}

EXPORT(keys) int keys(void)
{
    word threads[2], all[32];
    void *result;
    int i;
    CHECK(pthread_key_create(&key, note_destroyed) == 0);
    CHECK(pthread_setspecific(key, (void *)1) == 0);
    destroyed = 0;
    for (i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], 0, keep_value, (void *)(10 << i)) == 0);
    }
    for (i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], &result) == 0);
        CHECK((int)result == 10 << i);
    }
    CHECK(destroyed == 30);
    CHECK(pthread_getspecific(key) == (void *)1);
    CHECK(pthread_key_delete(key) == 0);
    CHECK(pthread_key_delete(key) == EINVAL);
    CHECK(pthread_setspecific(key, 0) == EINVAL);
    CHECK(pthread_getspecific(key) == 0);
    for (i = 0; i < 32; i++) {
        CHECK(pthread_key_create(&all[i], 0) == 0);
        CHECK(pthread_getspecific(all[i]) == 0);
    }
    CHECK(pthread_key_create(&key, 0) != 0);
    for (i = 0; i < 32; i++) {
        CHECK(pthread_key_delete(all[i]) == 0);
    }
    CHECK(pthread_key_delete(99) == EINVAL);
    return 0;
}

/* How many wait for the condition, once they have the lock. */
static int waiting;

static void *await_once(void *unused)
{
    int waited = pthread_mutex_lock(&mutex);
    waiting++;
    while (!is_ready && waited == 0) {
        waited = pthread_cond_wait(&cond, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    (void)unused;
    return (void *)waited;
}

/* What wakes a thread that is cancelled wakes another one instead. */
EXPORT(cancelled_waiters) int cancelled_waiters(void)
{
    word threads[2];
    void *result = (void *)1;
    int i;
    CHECK(pthread_mutex_init(&mutex, 0) == 0);
    CHECK(pthread_cond_init(&cond, 0) == 0);
    is_ready = waiting = 0;
    for (i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], 0, await_once, 0) == 0);
        CHECK(pthread_mutex_lock(&mutex) == 0);
        while (waiting == i) {
            CHECK(pthread_mutex_unlock(&mutex) == 0);
            CHECK(pthread_mutex_lock(&mutex) == 0);
        }
        CHECK(pthread_mutex_unlock(&mutex) == 0);
    }
    /* The first is woken, cannot have the lock, and goes. */
    CHECK(pthread_mutex_lock(&mutex) == 0);
    is_ready = 1;
    CHECK(pthread_cond_signal(&cond) == 0);
    CHECK(pthread_cancel(threads[0]) == 0);
    CHECK(pthread_join(threads[0], 0) == 0);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
    CHECK(pthread_join(threads[1], &result) == 0);
    CHECK(result == 0);
    CHECK(pthread_cond_destroy(&cond) == 0);
    CHECK(pthread_mutex_destroy(&mutex) == 0);
    return 0;
}

static int exit_from_within(int depth)
{
    if (depth == 0) {
        pthread_exit((void *)41);
        return 0;
    }
    return exit_from_within(depth - 1) + 1;
}

static void *leave(void *unused)
{
    (void)unused;
    pthread_setspecific(key, (void *)5);
    return (void *)exit_from_within(3);
}

/* Until it is cancelled. */
static void *wait_for_ever(void *sem)
{
    for (;;) {
        sem_wait((word)sem);
        is_ready = 1;
    }
    return 0;
}

EXPORT(ends) int ends(void)
{
    word thread;
    void *result = 0;
    int sem = sem_open("never", 0, 0, 0);
    CHECK(sem > 0);
    CHECK(pthread_key_create(&key, note_destroyed) == 0);
    destroyed = 0;
    CHECK(pthread_create(&thread, 0, leave, 0) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK((int)result == 41);
    CHECK(destroyed == 5);
    pthread_exit((void *)1);
    is_ready = 0;
    CHECK(pthread_create(&thread, 0, wait_for_ever, (void *)sem) == 0);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK((int)result == -1);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(!is_ready);
    CHECK(pthread_key_delete(key) == 0);
    CHECK(sem_close((word)sem) == 0);
    CHECK(sem_unlink("never") == 0);
    return 0;
}

/* Nobody knows when the thread is gone, and it counts until then: so this comes last. */
EXPORT(detached) int detached(void)
{
    word thread;
    CHECK(pthread_create(&thread, 0, leave, 0) == 0);
    CHECK(pthread_detach(thread) == 0);
    CHECK(pthread_join(thread, 0) != ESRCH);
    return 0;
}

static void *post(void *sem)
{
    return (void *)sem_post((word)sem);
}

EXPORT(semaphores) int semaphores(void)
{
    word thread;
    void *result;
    int value = 9, sem = sem_open("turnstile", 0, 0, 2);
    CHECK(sem > 0);
    CHECK(sem_open("turnstile", 0, 0, 7) == sem);
    CHECK(sem_getvalue((word)sem, &value) == 0 && value == 2);
    CHECK(sem_wait((word)sem) == 0);
    CHECK(sem_trywait((word)sem) == 0);
    CHECK(sem_trywait((word)sem) == -1);
    CHECK(pthread_create(&thread, 0, post, (void *)sem) == 0);
    CHECK(sem_wait((word)sem) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == 0);
    CHECK(sem_getvalue((word)sem, &value) == 0 && value == 0);
    CHECK(sem_unlink("turnstile") == 0);
    CHECK(sem_unlink("turnstile") == -1);
    CHECK(sem_post((word)sem) == 0);
    CHECK(sem_close((word)sem) == 0);
    CHECK(sem_close((word)sem) == 0);
    CHECK(sem_close((word)sem) == -1);
    CHECK(sem_post((word)sem) == -1);
    CHECK(sem_wait((word)sem) == -1);
    CHECK(sem_getvalue((word)sem, &value) == -1);
    return 0;
}

/* The guest cannot fill the memory of the host. */
EXPORT(limits) int limits(void)
{
    enum { LONGEST = 255, MOST = 65536 };
    static char name[LONGEST + 2];
    static word all[MOST];
    int i, count;
    for (i = 0; i < LONGEST + 1; i++) {
        name[i] = 'n';
    }
    CHECK(sem_open(name, 0, 0, 0) == -1);
    CHECK(sem_unlink(name) == -1);
    name[LONGEST] = 0;
    i = sem_open(name, 0, 0, 0);
    CHECK(i > 0);
    CHECK(sem_close((word)i) == 0);
    CHECK(sem_unlink(name) == 0);
    for (count = 0; count < MOST && pthread_cond_init(&all[count], 0) == 0; count++) {
    }
    CHECK(count == MOST || pthread_cond_init(&all[count], 0) == EAGAIN);
    CHECK(pthread_mutex_init(&mutex, 0) == EAGAIN);
    CHECK(sem_open("one more", 0, 0, 0) == -1);
    for (i = 0; i < count; i++) {
        CHECK(pthread_cond_destroy(&all[i]) == 0);
    }
    CHECK(pthread_mutex_init(&mutex, 0) == 0);
    CHECK(pthread_mutex_destroy(&mutex) == 0);
    return 0;
}

EXPORT(aligned) int aligned(void)
{
    void *block = 0, *other;
    int align;
    for (align = 8; align <= 256; align *= 2) {
        CHECK(posix_memalign(&block, align, 40) == 0);
        CHECK(block != 0 && (int)block % align == 0);
        free(block);
    }
    CHECK(posix_memalign(&block, 3, 40) == EINVAL);
    CHECK(posix_memalign(&block, 8, 1 << 30) != 0);
    block = malloc(4000);
    CHECK(block != 0);
    other = malloc(3000);
    CHECK(other != 0);
    free(block);
    free(other);
    return 0;
}

static void *allocate(void *times)
{
    int i;
    for (i = 0; i < (int)times; i++) {
        word *block = malloc(64);
        if (!block) {
            return (void *)1;
        }
        *block = pthread_self();
        if (*(volatile word *)block != pthread_self()) {
            return (void *)2;
        }
        free(block);
    }
    return 0;
}

EXPORT(heap) int heap(void)
{
    word threads[4];
    void *result;
    int i;
    for (i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], 0, allocate, (void *)300) == 0);
    }
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], &result) == 0);
        CHECK(result == 0);
    }
    return 0;
}

/* For the host, which stops it. */
EXPORT(block) int block(int how)
{
    word thread;
    int sem = sem_open("block", 0, 0, 0);
    pthread_mutex_init(&mutex, 0);
    pthread_cond_init(&cond, 0);
    pthread_mutex_lock(&mutex);
    switch (how) {
        case 0: return sem_wait((word)sem);
        case 1: return pthread_cond_wait(&cond, &mutex);
        default: break;
    }
    /* Threads of earlier calls may not be gone yet. */
    while (pthread_create(&thread, 0, how == 2 ? wait_for_ever : add, (void *)(how == 2 ? sem : 1)) != 0) {
    }
    return pthread_join(thread, 0);
}

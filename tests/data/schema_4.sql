BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE rtl_attempts (
	trial_id INTEGER NOT NULL, 
	attempt BIGINT NOT NULL, 
	slot TEXT NOT NULL, 
	node TEXT NOT NULL, 
	started FLOAT NOT NULL, 
	ended FLOAT, 
	outcome VARCHAR(64), 
	message TEXT NOT NULL, 
	resumed_step BIGINT, 
	exit_code BIGINT, 
	stderr_tail TEXT, 
	PRIMARY KEY (trial_id, attempt), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_attempts" VALUES(1,1,'host-17477-d35fd5cc/task-1','in-process',5.45501405937329764128e-02,8.09305855938191598397e-02,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(4,1,'host-17477-d35fd5cc/task-2','in-process',8.2945349593728678883e-02,8.48942155937493225792e-02,'invalid','Traceback (most recent call last):
  File "make_database.py", line 40, in train
    raise rtl.TrialInvalid("no such network")
raytune_lite.exceptions.TrialInvalid: no such network
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(5,1,'host-17477-d35fd5cc/task-3','in-process',8.65026565937796476646e-02,0.0875942035937669,'exception','Traceback (most recent call last):
  File "make_database.py", line 42, in train
    raise ValueError("diverged ü 🚀")
ValueError: diverged ü 🚀
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(5,2,'host-17477-d35fd5cc/task-4','in-process',8.85164785937604392529e-02,8.91908975937667491962e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 42, in train
    raise ValueError("diverged ü 🚀")
ValueError: diverged ü 🚀
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,1,'host-17477-d35fd5cc/task-5','in-process',9.01664425937269697897e-02,9.12263015937924137688e-02,'out_of_memory','Traceback (most recent call last):
  File "make_database.py", line 44, in train
    raise MemoryError
MemoryError
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,2,'host-17477-d35fd5cc/task-6','in-process',9.20416795937626375234e-02,9.52125545937860806589e-02,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(7,1,'host-17477-d35fd5cc/task-7','in-process',9.59238385937624116195e-02,0.0991377575937804,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,3,'host-17477-d35fd5cc/task-8','in-process',1.02213952593729118234e-01,1.07667067593752108223e-01,'paused','',1,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(8,1,'host-17477-d35fd5cc/task-9','in-process',1.08975094593802168674e-01,1.12196184593813086394e-01,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(9,1,'host-17477-d35fd5cc/task-10','in-process',1.13556298593721294309e-01,1.14892347593809063255e-01,'non_finite','Traceback (most recent call last):
  File "runtime/attempt.py", line 148, in check_values
    raise NonFiniteResult(f"the objective returned {shown(result)}: NaN is not a result, so the trial is FAIL.")
raytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(10,1,'host-17477-d35fd5cc/task-11','in-process',1.15872859593764587771e-01,1.22696403593749892024e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(11,1,'host-17477-d35fd5cc/task-12','in-process',1.23482207593724524485e-01,1.26954208593815565109e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(12,1,'host-17477-d35fd5cc/task-13','in-process',1.27636649593796391854e-01,1.36220810593727037485e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(13,1,'host-17477-d35fd5cc/task-14','in-process',1.36978462593788208323e-01,1.40142578593781763629e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(14,1,'host-17477-d35fd5cc/task-15','in-process',1.41384417593712896632e-01,1.44600730593765547382e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(15,1,'host-17477-d35fd5cc/task-16','in-process',0.14593501559375,1.49254271593804332951e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(16,1,'host-17477-d35fd5cc/task-17','in-process',1.51557622593713858805e-01,1.60254500593737247982e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(17,1,'host-17477-d35fd5cc/task-18','in-process',1.60981206593760362011e-01,1.68235218593736135517e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(16,2,'host-17477-d35fd5cc/task-19','in-process',1.6991173159374284296e-01,1.88792130593810725258e-01,'complete','',3,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(18,1,'host-17477-5cde4658/task-1','in-process',2.56860592394218656409e-01,2.68531495394199737347e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(19,1,'host-17477-5cde4658/task-2','in-process',2.69976394394120688957e-01,2.71328967394197206886e-01,'interrupted','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(19,2,'host-17477-13c70461/0','in-process',0.305568909074168,3.08410156074160113348e-01,'worker_crash','attempt 2 lost (worker_crash): ',NULL,-11,'Fatal Python error: Segmentation fault
  File "train.py", line 9
');
INSERT INTO "rtl_attempts" VALUES(20,1,'host-17477-13c70461/1','in-process',3.07457736074070453469e-01,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(22,1,'host-17477-f8874fe4/task-1','in-process',2.50374835413822438567e-02,2.96034945414476169389e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(23,1,'host-17477-f8874fe4/task-2','in-process',3.19943355414125107927e-02,3.33624315413771910243e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(24,1,'host-17477-f8874fe4/task-3','in-process',3.41540435414344756281e-02,3.52238875414059293689e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(25,1,'host-17477-f8874fe4/task-4','in-process',3.59119465414323713048e-02,3.74216725414271422778e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(26,1,'host-17477-f8874fe4/task-5','in-process',3.81039525414053059648e-02,0.0391361215414463,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(27,1,'host-17477-f8874fe4/task-6','in-process',3.98194225414272295893e-02,4.08640395414749946212e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(28,1,'host-17477-f8874fe4/task-7','in-process',4.16173255414378218119e-02,4.26491835414708475582e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(29,1,'host-17477-f8874fe4/task-8','in-process',4.33132365413939623977e-02,4.47802085413968598004e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(30,1,'host-17477-8c3cf5d7/task-1','in-process',2.65097433449454911169e-02,2.89292463448873604647e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(31,1,'host-17477-8c3cf5d7/task-2','in-process',3.15025173449612339027e-02,3.22817913448716353741e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 111, in cell
    raise ValueError("odd")
ValueError: odd
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(32,1,'host-17477-8c3cf5d7/task-3','in-process',3.37988873449148741201e-02,3.43927573449036572128e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 111, in cell
    raise ValueError("odd")
ValueError: odd
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(33,1,'host-17477-8c3cf5d7/task-4','in-process',3.52055703449423162965e-02,3.57676933449511125218e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(34,1,'host-17477-7a516846/0','in-process',5.7895470944458793383e-02,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(35,1,'host-17477-7a516846/1','in-process',5.99865979444302865886e-02,6.04443049444398639025e-02,'exception','told FAIL by the user',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(36,1,'host-17477-6dfd3e75/task-1','in-process',2.07003170812640746589e-02,2.3879875081206591858e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(37,1,'host-17477-6dfd3e75/task-2','in-process',2.61737920812947777449e-02,2.67453480812491761753e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(38,1,'host-17477-9749bf98/task-1','in-process',2.22437037514282565098e-02,2.4827269751426683797e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(39,1,'host-17477-9749bf98/task-2','in-process',2.78144337514731887495e-02,2.85735577514287797384e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(40,1,'host-17477-404b566d/0','in-process',5.27103793342575954739e-02,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(45,1,'host-17477-7aa2d78f/task-1','in-process',8.26012973684555618092e-02,8.44397203684366104425e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(46,1,'host-17477-7aa2d78f/task-2','in-process',8.70703553683824793552e-02,8.77271983683840517187e-02,'complete','',NULL,NULL,NULL);
CREATE TABLE rtl_checkpoints (
	trial_id INTEGER NOT NULL, 
	uri_sha256 VARCHAR(64) NOT NULL, 
	uri TEXT NOT NULL, 
	attempt BIGINT NOT NULL, 
	step BIGINT NOT NULL, 
	digest VARCHAR(256) NOT NULL, 
	size BIGINT NOT NULL, 
	PRIMARY KEY (trial_id, uri_sha256), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_checkpoints" VALUES(16,'54379e320c3a1450d92d231d02ffcd45a9efd0de431a152032a08afd3ad9d709','trial-00015/attempt-2/step-9',2,9,'64e66914f70fa5e04a510ed18c7db33df73ae5b1dcf380980f57caca6bcbafb0',11);
INSERT INTO "rtl_checkpoints" VALUES(18,'b8032675f4f2f83315a4deb7339f2aace40b12be9827fbf1e4054db8137c6f1f','trial-00017/attempt-1/step-2',1,2,'92c14ebc4112389d1324a40e24751205344473a9c054bf908cf00fd78678cdbf',11);
INSERT INTO "rtl_checkpoints" VALUES(18,'4a44b94c9261146db2aa1791a87b5d03174d2cb9e3ad05e42d57b0834154c6af','trial-00017/attempt-1/step-3',1,3,'05473be25f23ccc8f972aad9e5ea0de878c020e7cd04cefa497f5cd5daf7e221',11);
CREATE TABLE rtl_epochs (
	study_id INTEGER NOT NULL, 
	epoch BIGINT NOT NULL, 
	run TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid BIGINT NOT NULL, 
	pid_started TEXT NOT NULL, 
	lease_until FLOAT NOT NULL, 
	address TEXT, 
	PRIMARY KEY (study_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_epochs" VALUES(1,5,'','process 17477 on host (run host-17477-13c70461)','host boot pid:[1]',17477,'61107',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(2,2,'','process 17477 on host (run 43646abb458245d8876c7578710e5411)','host boot pid:[1]',17477,'61107',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(3,2,'','process 17477 on host (run host-17477-7a516846)','host boot pid:[1]',17477,'61107',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(4,1,'','process 17477 on host (run host-17477-6dfd3e75)','host boot pid:[1]',17477,'61107',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(5,2,'','process 17477 on host (run host-17477-404b566d)','host boot pid:[1]',17477,'61107',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(6,1,'','process 17477 on host (run host-17477-7aa2d78f)','host boot pid:[1]',17477,'61107',0.0,NULL);
CREATE TABLE rtl_events (
	study_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	at FLOAT NOT NULL, 
	json TEXT NOT NULL, 
	PRIMARY KEY (study_id, seq), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_events" VALUES(1,1,1,2.85810624776559052406e-02,'{"_":"RunStarted","run":"host-17477-478a5d59","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":611.6539621905223,"held":[],"surroundings":"{}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.0}');
INSERT INTO "rtl_events" VALUES(1,2,1,2.94414464776764361886e-02,'{"_":"TrialEnqueued","params":[["lr","0.5"]],"user_attrs":[["why","\"a guess\""]],"key":"9e3a84ff04a64eb2ac7d3618491f6419"}');
INSERT INTO "rtl_events" VALUES(1,3,1,3.1655154477675750968e-02,'{"_":"TrialAdded","number":null,"state":1,"values":[0.25],"params":[{"_":"ParamValue","name":"lr","value":0.25,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}],"reports":[[1,[0.5]]],"user_attrs":[],"system_attrs":[],"imported":false,"key":"efaa6bf559a24a848b7813cb093118ac"}');
INSERT INTO "rtl_events" VALUES(1,4,1,3.42421454777195322094e-02,'{"_":"TrialAdded","number":null,"state":3,"values":null,"params":[],"reports":[],"user_attrs":[],"system_attrs":[],"imported":false,"key":"1b1fee59647845e4ac4f419ee7cd92d9"}');
INSERT INTO "rtl_events" VALUES(1,5,2,5.34601765937168238451e-02,'{"_":"RunStarted","run":"host-17477-d35fd5cc","n_trials":14,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 1, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":611.6539621674062,"held":[],"surroundings":"{\"command\": \"python tests/data/make_database.py tests/data/schema_4.sql\", \"python\": \"3.11.7\", \"packages\": {\"raytune_lite\": \"0.1.0\", \"optuna\": \"5.0.0\", \"numpy\": \"2.4.6\"}, \"resources\": {}, \"max_concurrent\": null}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.03424214547771953}');
INSERT INTO "rtl_events" VALUES(1,6,2,5.45501405937329764128e-02,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,7,2,5.4628586593821637507e-02,'{"_":"Suggested","number":0,"params":[],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(1,8,2,6.17631915937408848549e-02,'{"_":"Reported","number":0,"attempt":1,"progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}]}}');
INSERT INTO "rtl_events" VALUES(1,9,2,6.30220265937850854243e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},"seen":8}');
INSERT INTO "rtl_events" VALUES(1,10,2,6.34274665937937243143e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},"seen":9}');
INSERT INTO "rtl_events" VALUES(1,11,2,6.37359735937934601679e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"momentum","value":0.2,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}},"seen":10}');
INSERT INTO "rtl_events" VALUES(1,12,2,7.19147245937392654013e-02,'{"_":"Reported","number":0,"attempt":1,"progress":{"_":"Progress","reports":[[1,[3.5]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 0}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00000/attempt-1/step-1","digest":"8acaa7141468b64ad67012569ccae58a4172435a8f578207a787bc81d6c1d201","size":11},"order":1,"trained":0.008,"saving":0.008}}');
INSERT INTO "rtl_events" VALUES(1,13,2,8.09305855938191598397e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.008,"saving":0.008},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,14,2,8.2945349593728678883e-02,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,15,2,8.3048391593820269918e-02,'{"_":"Suggested","number":3,"params":[{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.1,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":14,"note":""}');
INSERT INTO "rtl_events" VALUES(1,16,2,8.48942155937493225792e-02,'{"_":"AttemptEnded","number":3,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 3}"]],"constraints":[["memory",-1.0]],"order":1,"trained":0.001},"values":null,"failure":{"_":"Failure","error":"TrialInvalid: no such network","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 40, in train\n    raise rtl.TrialInvalid(\"no such network\")\nraytune_lite.exceptions.TrialInvalid: no such network\n","kind":"invalid","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,17,2,8.65026565937796476646e-02,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-3","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,18,2,8.65772275938070379197e-02,'{"_":"Suggested","number":4,"params":[{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":17,"note":""}');
INSERT INTO "rtl_events" VALUES(1,19,2,0.0875942035937669,'{"_":"AttemptEnded","number":4,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 4}"]],"constraints":[["memory",0.5]],"order":1},"values":null,"failure":{"_":"Failure","error":"ValueError: diverged \u00fc \ud83d\ude80","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,20,2,8.85164785937604392529e-02,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-4","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,21,2,8.91908975937667491962e-02,'{"_":"AttemptEnded","number":4,"attempt":2,"outcome":"fail","progress":{"_":"Progress","user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 4}"]],"order":1},"values":null,"failure":{"_":"Failure","error":"ValueError: diverged \u00fc \ud83d\ude80","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,22,2,9.01664425937269697897e-02,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-5","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,23,2,9.02247385937471335637e-02,'{"_":"Suggested","number":5,"params":[{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":22,"note":""}');
INSERT INTO "rtl_events" VALUES(1,24,2,9.12263015937924137688e-02,'{"_":"AttemptEnded","number":5,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"constraints":[["memory",-1.0]],"order":1},"values":null,"failure":{"_":"Failure","error":"MemoryError: ","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 44, in train\n    raise MemoryError\nMemoryError\n","kind":"out_of_memory","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,25,2,9.20416795937626375234e-02,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-6","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,26,2,9.4446229593813768588e-02,'{"_":"Reported","number":5,"attempt":2,"progress":{"_":"Progress","reports":[[1,[3.010330193076303]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":2,"uri":"trial-00005/attempt-2/step-1","digest":"91eba13bf0391f33bd05f16aafd692e97db119cb452acc0df547666068eb8145","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,27,2,9.52125545937860806589e-02,'{"_":"AttemptEnded","number":5,"attempt":2,"outcome":"pruned","progress":{"_":"Progress","trained":0.002,"saving":0.002},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,28,2,9.59238385937624116195e-02,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-7","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,29,2,9.59859705938015395076e-02,'{"_":"Suggested","number":6,"params":[{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.2,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":28,"note":""}');
INSERT INTO "rtl_events" VALUES(1,30,2,0.0982456865937138,'{"_":"Reported","number":6,"attempt":1,"progress":{"_":"Progress","reports":[[1,[Infinity]]],"params":[{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 6}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00006/attempt-1/step-1","digest":"2050ba9e8456d20e4705d0f57dfd8ac6ca12f13f4e89ad5efe44b64366a35886","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,31,2,0.0991377575937804,'{"_":"AttemptEnded","number":6,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.002,"saving":0.002},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,32,2,1.02213952593729118234e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-8","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,33,2,1.05156650593812628358e-01,'{"_":"Reported","number":5,"attempt":3,"progress":{"_":"Progress","reports":[[2,[1.5103301930763033]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":3,"uri":"trial-00005/attempt-3/step-2","digest":"b32f9ffb811ad17d093307d0f5ea55d413f0e771bc749e6e7308f41a56e10558","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,34,2,1.06952118593767409038e-01,'{"_":"Reported","number":5,"attempt":3,"progress":{"_":"Progress","reports":[[3,[1.0103301930763033]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":3,"uri":"trial-00005/attempt-3/step-3","digest":"63131d0adb1c3b6face4ad5e175ec13d9ef1075a058eb00563ec1eca395dafb3","size":11},"trained":0.003,"saving":0.003}}');
INSERT INTO "rtl_events" VALUES(1,35,2,1.07667067593752108223e-01,'{"_":"AttemptEnded","number":5,"attempt":3,"outcome":"pruned","progress":{"_":"Progress","trained":0.003,"saving":0.003},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,36,2,1.08975094593802168674e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-9","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,37,2,1.09042093593757272174e-01,'{"_":"Suggested","number":7,"params":[{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":36,"note":""}');
INSERT INTO "rtl_events" VALUES(1,38,2,1.11290192593742176541e-01,'{"_":"Reported","number":7,"attempt":1,"progress":{"_":"Progress","reports":[[1,[NaN]]],"params":[{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 7}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00007/attempt-1/step-1","digest":"bf73f0703d86f0935784b0d34bf2299177003e71b91a8a07ccbf84f2c985ecd5","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,39,2,1.12196184593813086394e-01,'{"_":"AttemptEnded","number":7,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.002,"saving":0.002},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,40,2,1.13556298593721294309e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-10","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,41,2,1.13614775593759986804e-01,'{"_":"Suggested","number":8,"params":[{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":40,"note":""}');
INSERT INTO "rtl_events" VALUES(1,42,2,1.14892347593809063255e-01,'{"_":"AttemptEnded","number":8,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 8}"]],"constraints":[["memory",0.5]],"order":1},"values":null,"failure":{"_":"Failure","error":"NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.","traceback":"Traceback (most recent call last):\n  File \"runtime/attempt.py\", line 148, in check_values\n    raise NonFiniteResult(f\"the objective returned {shown(result)}: NaN is not a result, so the trial is FAIL.\")\nraytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.\n","kind":"non_finite","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,43,2,1.15872859593764587771e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-11","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,44,2,1.15921340593786226236e-01,'{"_":"Suggested","number":9,"params":[{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.30000000000000004,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":43,"note":""}');
INSERT INTO "rtl_events" VALUES(1,45,2,1.18115850593767390819e-01,'{"_":"Reported","number":9,"attempt":1,"progress":{"_":"Progress","reports":[[1,[3.0028402277067565]]],"params":[{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.30000000000000004,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 9}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00009/attempt-1/step-1","digest":"f4d666cda1e82fb4b28798cb3626f628c3a79784902afedc6394b997198ff74b","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,46,2,1.20012669593734244699e-01,'{"_":"Reported","number":9,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.5028402277067565]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00009/attempt-1/step-2","digest":"2a1debfb2cdb770a6d2c9598026c11486d7181f59770aeb78d3afa90fd0f1dbf","size":11},"trained":0.003,"saving":0.003}}');
INSERT INTO "rtl_events" VALUES(1,47,2,1.21571387593803592608e-01,'{"_":"Reported","number":9,"attempt":1,"progress":{"_":"Progress","reports":[[3,[1.0028402277067565]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00009/attempt-1/step-3","digest":"5a5fd1d342bd2544790293fb206f4719f0be284bc96a22ed3ea30329772bfcaf","size":11},"trained":0.004,"saving":0.004}}');
INSERT INTO "rtl_events" VALUES(1,48,2,1.22696403593749892024e-01,'{"_":"AttemptEnded","number":9,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.004,"saving":0.004},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,49,2,1.23482207593724524485e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-12","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,50,2,1.23542566593755509529e-01,'{"_":"Suggested","number":10,"params":[{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.9,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":49,"note":""}');
INSERT INTO "rtl_events" VALUES(1,51,2,1.26019794593730694032e-01,'{"_":"Reported","number":10,"attempt":1,"progress":{"_":"Progress","reports":[[1,[3.1191549417176163]]],"params":[{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.9,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 10}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00010/attempt-1/step-1","digest":"7b81b6440ef9acf965d398921cbb4793282126ab604ad195b0097a0668ce8363","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,52,2,1.26954208593815565109e-01,'{"_":"AttemptEnded","number":10,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.002,"saving":0.002},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,53,2,1.27636649593796391854e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-13","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,54,2,1.27689497593792111729e-01,'{"_":"Suggested","number":11,"params":[{"_":"ParamValue","name":"lr","value":0.2014370729386812,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":53,"note":""}');
INSERT INTO "rtl_events" VALUES(1,55,2,1.29832010593759150651e-01,'{"_":"Reported","number":11,"attempt":1,"progress":{"_":"Progress","reports":[[1,[2.201437072938681]]],"params":[{"_":"ParamValue","name":"lr","value":0.2014370729386812,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 11}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00011/attempt-1/step-1","digest":"a2ec4bef1b9b0b77ee26ed822e4386ac91b849368b3caa40bd71d049f20d679f","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,56,2,0.132498418593741,'{"_":"Reported","number":11,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.2014370729386812]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00011/attempt-1/step-2","digest":"5058c593ea28afa8d758e40581dbb9487bdcd29edac188de1b6699fd260eb062","size":11},"trained":0.003,"saving":0.003}}');
INSERT INTO "rtl_events" VALUES(1,57,2,1.34118006593780592083e-01,'{"_":"Reported","number":11,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.8681037396053478]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00011/attempt-1/step-3","digest":"a11f3246bbb74799b51dcb29206e491d8e34f43dfe8f8522cb76ff57d52b6080","size":11},"trained":0.004,"saving":0.004}}');
INSERT INTO "rtl_events" VALUES(1,58,2,1.36220810593727037485e-01,'{"_":"AttemptEnded","number":11,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.004,"saving":0.004},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,59,2,1.36978462593788208323e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-14","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,60,2,1.37040134593803486495e-01,'{"_":"Suggested","number":12,"params":[{"_":"ParamValue","name":"lr","value":0.0009229993421406535,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.6000000000000001,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":59,"note":""}');
INSERT INTO "rtl_events" VALUES(1,61,2,1.39264558593708898115e-01,'{"_":"Reported","number":12,"attempt":1,"progress":{"_":"Progress","reports":[[1,[4.000922999342141]]],"params":[{"_":"ParamValue","name":"lr","value":0.0009229993421406535,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 12}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00012/attempt-1/step-1","digest":"e036f3ac09becb616e899d4a05a9c24d5162db42e2975a89b2fe1cb975b9eb25","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,62,2,1.40142578593781763629e-01,'{"_":"AttemptEnded","number":12,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.002,"saving":0.002},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,63,2,1.41384417593712896632e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-15","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,64,2,1.4144407559376759309e-01,'{"_":"Suggested","number":13,"params":[{"_":"ParamValue","name":"lr","value":0.01813208306879885,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":63,"note":""}');
INSERT INTO "rtl_events" VALUES(1,65,2,1.43768918593764283286e-01,'{"_":"Reported","number":13,"attempt":1,"progress":{"_":"Progress","reports":[[1,[4.0181320830687985]]],"params":[{"_":"ParamValue","name":"lr","value":0.01813208306879885,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 13}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00013/attempt-1/step-1","digest":"c031469ae6dcf1481c01969076500fb773b12e7f48500d49fb87930cf36d3c79","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,66,2,1.44600730593765547382e-01,'{"_":"AttemptEnded","number":13,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.002,"saving":0.002},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,67,2,0.14593501559375,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-16","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,68,2,1.45994263593820505775e-01,'{"_":"Suggested","number":14,"params":[{"_":"ParamValue","name":"lr","value":0.008264882797275276,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":67,"note":""}');
INSERT INTO "rtl_events" VALUES(1,69,2,1.48232678593785749399e-01,'{"_":"Reported","number":14,"attempt":1,"progress":{"_":"Progress","reports":[[1,[4.008264882797275]]],"params":[{"_":"ParamValue","name":"lr","value":0.008264882797275276,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 14}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00014/attempt-1/step-1","digest":"f2f651dcb204f734436d2a18353f2afe0d98d844b9d41af780f5126be79ce091","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,70,2,1.49254271593804332951e-01,'{"_":"AttemptEnded","number":14,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.002,"saving":0.002},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,71,2,1.51557622593713858805e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-17","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,72,2,1.51621496593747906445e-01,'{"_":"Suggested","number":15,"params":[{"_":"ParamValue","name":"lr","value":0.005858919130008432,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":71,"note":""}');
INSERT INTO "rtl_events" VALUES(1,73,2,1.54009683593812951585e-01,'{"_":"Reported","number":15,"attempt":1,"progress":{"_":"Progress","reports":[[1,[1.0058589191300085]]],"params":[{"_":"ParamValue","name":"lr","value":0.005858919130008432,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 15}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00015/attempt-1/step-1","digest":"382b011c931ce2e9f6459da1e2921a001952fd79e99e441119d0cc4d8b9e171f","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,74,2,1.5660328359376762819e-01,'{"_":"Reported","number":15,"attempt":1,"progress":{"_":"Progress","reports":[[2,[0.5058589191300085]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00015/attempt-1/step-2","digest":"4e16837b8daeadaf3a35dc447b7cb9236185e5458424c2d0fea6a94752852402","size":11},"trained":0.003,"saving":0.003}}');
INSERT INTO "rtl_events" VALUES(1,75,2,1.58252085593744595826e-01,'{"_":"Reported","number":15,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.3391922524633417]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00015/attempt-1/step-3","digest":"573fdcaa58b207420ca83bb653e8a0387ef4a497d5dfe97280a8bd98b6913a26","size":11},"trained":0.004,"saving":0.004}}');
INSERT INTO "rtl_events" VALUES(1,76,2,1.60254500593737247982e-01,'{"_":"AttemptEnded","number":15,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.004,"saving":0.004},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,77,2,1.60981206593760362011e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-18","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,78,2,1.61036799593716750678e-01,'{"_":"Suggested","number":16,"params":[{"_":"ParamValue","name":"lr","value":0.0038263617517896443,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":77,"note":""}');
INSERT INTO "rtl_events" VALUES(1,79,2,1.63491874593773900414e-01,'{"_":"Reported","number":16,"attempt":1,"progress":{"_":"Progress","reports":[[1,[2.0038263617517895]]],"params":[{"_":"ParamValue","name":"lr","value":0.0038263617517896443,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 16}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00016/attempt-1/step-1","digest":"0e280080a3046c416797ec358e220aa9027b1dcaf78f1f6d45d522375ca17785","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,80,2,1.65478796593788501922e-01,'{"_":"Reported","number":16,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.0038263617517897]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00016/attempt-1/step-2","digest":"0dc65cdae8a59a50828f8e70b231edd788a525be45b9ad488317399fc1f12f2d","size":11},"trained":0.003,"saving":0.003}}');
INSERT INTO "rtl_events" VALUES(1,81,2,1.67136892593816810403e-01,'{"_":"Reported","number":16,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.6704930284184563]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00016/attempt-1/step-3","digest":"223f9a9d1a99fc6e6240318133894198f91429233a43c64d6c8f3e1d72dd61c1","size":11},"trained":0.004,"saving":0.004}}');
INSERT INTO "rtl_events" VALUES(1,82,2,1.68235218593736135517e-01,'{"_":"AttemptEnded","number":16,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.004,"saving":0.004},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,83,2,1.6991173159374284296e-01,'{"_":"Claimed","slot":"host-17477-d35fd5cc/task-19","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,84,2,1.72870212593807082157e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[4,[0.2558589191300084]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 15}"]],"checkpoint":{"_":"CheckpointRef","step":4,"attempt":2,"uri":"trial-00015/attempt-2/step-4","digest":"504dd211f4f96a7bc5c465bc4dae84b027713c590db92782deead1e26c0a4214","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,85,2,1.75066875593756776652e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[5,[0.20585891913000845]]],"checkpoint":{"_":"CheckpointRef","step":5,"attempt":2,"uri":"trial-00015/attempt-2/step-5","digest":"b9a5dbd45930e4627c83bcda08d443d3472492e777b1442b0e636c18ee3b8636","size":11},"trained":0.004,"saving":0.004}}');
INSERT INTO "rtl_events" VALUES(1,86,2,1.76603420593778537295e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[6,[0.1725255857966751]]],"checkpoint":{"_":"CheckpointRef","step":6,"attempt":2,"uri":"trial-00015/attempt-2/step-6","digest":"6e85ed8d86807090a6091163e5db6281931f4449f04ff1115dacbe129ee8822e","size":11},"trained":0.005,"saving":0.005}}');
INSERT INTO "rtl_events" VALUES(1,87,2,1.82609334593735184171e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[7,[0.1487160619871513]]],"checkpoint":{"_":"CheckpointRef","step":7,"attempt":2,"uri":"trial-00015/attempt-2/step-7","digest":"cca11d923aeca72a56c95422aa0053d6832025df3829304bd7f8db05b8689d7d","size":11},"trained":0.01,"saving":0.01}}');
INSERT INTO "rtl_events" VALUES(1,88,2,1.85174733593726159597e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[8,[0.13085891913000844]]],"checkpoint":{"_":"CheckpointRef","step":8,"attempt":2,"uri":"trial-00015/attempt-2/step-8","digest":"891c654305b0c89b717fbc6a5200917dce1558228791c8556482fc790bfcaf11","size":11},"trained":0.011,"saving":0.011}}');
INSERT INTO "rtl_events" VALUES(1,89,2,1.87447439593711351335e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[9,[0.11697003024111954]]],"checkpoint":{"_":"CheckpointRef","step":9,"attempt":2,"uri":"trial-00015/attempt-2/step-9","digest":"64e66914f70fa5e04a510ed18c7db33df73ae5b1dcf380980f57caca6bcbafb0","size":11},"trained":0.012,"saving":0.012}}');
INSERT INTO "rtl_events" VALUES(1,90,2,1.88792130593810725258e-01,'{"_":"AttemptEnded","number":15,"attempt":2,"outcome":"complete","progress":{"_":"Progress","trained":0.012,"saving":0.012},"values":[0.005858919130008432],"failure":null}');
INSERT INTO "rtl_events" VALUES(1,91,2,1.9050666959378759202e-01,'{"_":"RunFinished","run":"host-17477-d35fd5cc"}');
INSERT INTO "rtl_events" VALUES(1,92,3,2.27858493871167411271e-01,'{"_":"RunStarted","run":"host-17477-e9248160","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":611.6539620241289,"held":[],"surroundings":"{}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.1905066695937876}');
INSERT INTO "rtl_events" VALUES(1,93,3,2.28775421871091566572e-01,'{"_":"TrialEnqueued","params":[["depth","2"]],"user_attrs":[],"key":"de126c884ed144c39123a57540e0c318"}');
INSERT INTO "rtl_events" VALUES(1,94,4,2.55779491394150682026e-01,'{"_":"RunStarted","run":"host-17477-5cde4658","n_trials":6,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 1, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":611.6539621926058,"held":[],"surroundings":"{\"command\": \"python tests/data/make_database.py tests/data/schema_4.sql\", \"python\": \"3.11.7\", \"packages\": {\"raytune_lite\": \"0.1.0\", \"optuna\": \"5.0.0\", \"numpy\": \"2.4.6\"}, \"resources\": {}, \"max_concurrent\": null}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.22877542187109157}');
INSERT INTO "rtl_events" VALUES(1,95,4,2.56860592394218656409e-01,'{"_":"Claimed","slot":"host-17477-5cde4658/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,96,4,2.56903295394181441224e-01,'{"_":"Suggested","number":17,"params":[{"_":"ParamValue","name":"lr","value":0.01946129455290053,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":95,"note":""}');
INSERT INTO "rtl_events" VALUES(1,97,4,2.60628402394218028348e-01,'{"_":"Reported","number":17,"attempt":1,"progress":{"_":"Progress","reports":[[1,[2.0194612945529005]]],"params":[{"_":"ParamValue","name":"lr","value":0.01946129455290053,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 17}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00017/attempt-1/step-1","digest":"d5771c9a2ecb17cc30c0a83db3ec8dedf2900e07aecce08c8aaff4398eff60ee","size":11},"order":1,"trained":0.002,"saving":0.002}}');
INSERT INTO "rtl_events" VALUES(1,98,4,2.65559293394176165747e-01,'{"_":"Reported","number":17,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.0194612945529005]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00017/attempt-1/step-2","digest":"92c14ebc4112389d1324a40e24751205344473a9c054bf908cf00fd78678cdbf","size":11},"trained":0.003,"saving":0.003}}');
INSERT INTO "rtl_events" VALUES(1,99,4,2.67195466394127834064e-01,'{"_":"Reported","number":17,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.6861279612195672]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00017/attempt-1/step-3","digest":"05473be25f23ccc8f972aad9e5ea0de878c020e7cd04cefa497f5cd5daf7e221","size":11},"trained":0.004,"saving":0.004}}');
INSERT INTO "rtl_events" VALUES(1,100,4,2.68531495394199737347e-01,'{"_":"AttemptEnded","number":17,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","trained":0.004,"saving":0.004},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,101,4,2.69976394394120688957e-01,'{"_":"Claimed","slot":"host-17477-5cde4658/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,102,4,2.70070824394224473508e-01,'{"_":"Suggested","number":18,"params":[{"_":"ParamValue","name":"lr","value":0.0027954979370893736,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":101,"note":""}');
INSERT INTO "rtl_events" VALUES(1,103,4,2.71328967394197206886e-01,'{"_":"AttemptEnded","number":18,"attempt":1,"outcome":"interrupted","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.0027954979370893736,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 18}"]],"constraints":[["memory",0.5]],"order":1},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,104,5,3.04472445074111419671e-01,'{"_":"RunStarted","run":"host-17477-13c70461","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":611.6539621049259,"held":[],"surroundings":"{}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.2713289673941972}');
INSERT INTO "rtl_events" VALUES(1,105,5,0.305568909074168,'{"_":"Claimed","slot":"host-17477-13c70461/0","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,106,5,3.07457736074070453469e-01,'{"_":"Claimed","slot":"host-17477-13c70461/1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,107,5,3.07506558074123859114e-01,'{"_":"Suggested","number":19,"params":[{"_":"ParamValue","name":"lr","value":0.0012548588456892085,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":106,"note":""}');
INSERT INTO "rtl_events" VALUES(1,108,5,3.08410156074160113348e-01,'{"_":"AttemptLost","number":18,"attempt":2,"kind":"worker_crash","message":"","exit_code":-11,"stderr_tail":"Fatal Python error: Segmentation fault\n  File \"train.py\", line 9\n"}');
INSERT INTO "rtl_events" VALUES(1,109,5,3.10164063074125806451e-01,'{"_":"Reported","number":19,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.125]]],"params":[{"_":"ParamValue","name":"lr","value":0.0012548588456892085,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}],"trained":0.002}}');
INSERT INTO "rtl_events" VALUES(1,110,5,3.11985080074123288795e-01,'{"_":"TrialEnqueued","params":[["lr","0.75"],["depth","3"]],"user_attrs":[],"key":"bd374067c4e54ef9a5439a6a3ce47794"}');
INSERT INTO "rtl_events" VALUES(2,1,1,2.39255365414692278136e-02,'{"_":"RunStarted","run":"host-17477-f8874fe4","n_trials":8,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"stop\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":611.9759483074586,"held":[],"surroundings":"{\"command\": \"python tests/data/make_database.py tests/data/schema_4.sql\", \"python\": \"3.11.7\", \"packages\": {\"raytune_lite\": \"0.1.0\", \"optuna\": \"5.0.0\", \"numpy\": \"2.4.6\"}, \"resources\": {}, \"max_concurrent\": null}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.0}');
INSERT INTO "rtl_events" VALUES(3,1,1,2.54531893449438939569e-02,'{"_":"RunStarted","run":"host-17477-8c3cf5d7","n_trials":4,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [1, -1]}, \"seed\": 0, \"max_failures\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":612.0369408766551,"held":[],"surroundings":"{\"command\": \"python tests/data/make_database.py tests/data/schema_4.sql\", \"python\": \"3.11.7\", \"packages\": {\"raytune_lite\": \"0.1.0\", \"optuna\": \"5.0.0\", \"numpy\": \"2.4.6\"}, \"resources\": {}, \"max_concurrent\": null}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.0}');
INSERT INTO "rtl_events" VALUES(3,2,1,2.65097433449454911169e-02,'{"_":"Claimed","slot":"host-17477-8c3cf5d7/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,3,1,2.89292463448873604647e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":[-1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(3,4,1,3.15025173449612339027e-02,'{"_":"Claimed","slot":"host-17477-8c3cf5d7/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,5,1,3.22817913448716353741e-02,'{"_":"AttemptEnded","number":1,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":null,"failure":{"_":"Failure","error":"ValueError: odd","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(3,6,1,3.37988873449148741201e-02,'{"_":"Claimed","slot":"host-17477-8c3cf5d7/task-3","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,7,1,3.43927573449036572128e-02,'{"_":"AttemptEnded","number":2,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":null,"failure":{"_":"Failure","error":"ValueError: odd","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(3,8,1,3.52055703449423162965e-02,'{"_":"Claimed","slot":"host-17477-8c3cf5d7/task-4","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,9,1,3.57676933449511125218e-02,'{"_":"AttemptEnded","number":3,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":[2.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(3,10,2,5.7398524944460405095e-02,'{"_":"RunStarted","run":"host-17477-7a516846","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [1, -1]}, \"seed\": 0, \"max_failures\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":612.0369412970556,"held":[],"surroundings":"{}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.03576769334495111}');
INSERT INTO "rtl_events" VALUES(3,11,2,5.7895470944458793383e-02,'{"_":"Claimed","slot":"host-17477-7a516846/0","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,12,2,5.99865979444302865886e-02,'{"_":"Claimed","slot":"host-17477-7a516846/1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,13,2,6.04443049444398639025e-02,'{"_":"AttemptEnded","number":5,"attempt":1,"outcome":"fail","progress":{"_":"Progress"},"values":null,"failure":{"_":"Failure","error":"told FAIL by the user","traceback":"","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(4,1,1,0.0197548270812149,'{"_":"RunStarted","run":"host-17477-6dfd3e75","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"BruteForceSampler\", \"max_failures\": 4, \"seed\": 3}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":612.1069477589187,"held":[],"surroundings":"{\"command\": \"python tests/data/make_database.py tests/data/schema_4.sql\", \"python\": \"3.11.7\", \"packages\": {\"raytune_lite\": \"0.1.0\", \"optuna\": \"5.0.0\", \"numpy\": \"2.4.6\"}, \"resources\": {}, \"max_concurrent\": null}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.0}');
INSERT INTO "rtl_events" VALUES(4,2,1,2.07003170812640746589e-02,'{"_":"Claimed","slot":"host-17477-6dfd3e75/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(4,3,1,2.28383730812993235304e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"n","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},"seen":2}');
INSERT INTO "rtl_events" VALUES(4,4,1,2.35269630812808827613e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"deep","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a","b"]}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(4,5,1,2.3879875081206591858e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress"},"values":[0.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(4,6,1,2.61737920812947777449e-02,'{"_":"Claimed","slot":"host-17477-6dfd3e75/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(4,7,1,2.67453480812491761753e-02,'{"_":"AttemptEnded","number":1,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"n","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"deep","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a","b"]}}}]},"values":[1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,1,1,2.1347366751456320344e-02,'{"_":"RunStarted","run":"host-17477-9749bf98","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 4}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":612.1499568562485,"held":[],"surroundings":"{\"command\": \"python tests/data/make_database.py tests/data/schema_4.sql\", \"python\": \"3.11.7\", \"packages\": {\"raytune_lite\": \"0.1.0\", \"optuna\": \"5.0.0\", \"numpy\": \"2.4.6\"}, \"resources\": {}, \"max_concurrent\": null}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.0}');
INSERT INTO "rtl_events" VALUES(5,2,1,2.22437037514282565098e-02,'{"_":"Claimed","slot":"host-17477-9749bf98/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(5,3,1,2.23047047514910445897e-02,'{"_":"Suggested","number":0,"params":[],"seen":2,"note":""}');
INSERT INTO "rtl_events" VALUES(5,4,1,2.40662927515131741529e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"x","value":0.34507294574332126,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(5,5,1,2.4827269751426683797e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[0,[1.0,Infinity]],[1,[0.5,Infinity]],[2,[0.3333333333333333,Infinity]]]},"values":[0.34507294574332126,Infinity],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,6,1,2.78144337514731887495e-02,'{"_":"Claimed","slot":"host-17477-9749bf98/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(5,7,1,2.78612027514100191183e-02,'{"_":"Suggested","number":1,"params":[{"_":"ParamValue","name":"x","value":0.23422076668391079,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(5,8,1,2.85735577514287797384e-02,'{"_":"AttemptEnded","number":1,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[0,[1.0,Infinity]],[1,[0.5,Infinity]],[2,[0.3333333333333333,Infinity]]],"params":[{"_":"ParamValue","name":"x","value":0.23422076668391079,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.23422076668391079,Infinity],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,9,2,5.212376133420093538e-02,'{"_":"RunStarted","run":"host-17477-404b566d","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 4}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":612.1499568566658,"held":[],"surroundings":"{}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.02857355775142878}');
INSERT INTO "rtl_events" VALUES(5,10,2,5.27103793342575954739e-02,'{"_":"Claimed","slot":"host-17477-404b566d/0","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(5,11,2,0.0527541743342681,'{"_":"Suggested","number":2,"params":[{"_":"ParamValue","name":"x","value":0.19488459425754467,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":10,"note":""}');
INSERT INTO "rtl_events" VALUES(6,1,1,8.05757483684601538698e-02,'{"_":"TrialAdded","number":0,"state":1,"values":[0.22199317108973948],"params":[{"_":"ParamValue","name":"x","value":0.22199317108973948,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[[1,[0.5]]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,2,1,8.06421263683887445949e-02,'{"_":"TrialAdded","number":1,"state":2,"values":[0.5],"params":[],"reports":[[1,[0.5]]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,3,1,8.07076633684573607752e-02,'{"_":"TrialAdded","number":2,"state":1,"values":[0.8707323061773764],"params":[{"_":"ParamValue","name":"x","value":0.8707323061773764,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[[1,[0.5]]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,4,1,8.07574373684474267065e-02,'{"_":"TrialAdded","number":3,"state":0,"values":null,"params":[{"_":"ParamValue","name":"x","value":0.20671915533942642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[],"user_attrs":[],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,5,1,8.07693953684065490961e-02,'{"_":"RunStarted","run":"host-17477-7aa2d78f","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 6}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"frees_paused":true,"awaits_reports":true,"max_checkpoint_bytes":null,"machine":"7eb6db6d-7916-4f6c-8dce-59baf7049270 time:[4026531834]","zero":612.4853612876316,"held":[],"surroundings":"{\"command\": \"python tests/data/make_database.py tests/data/schema_4.sql\", \"python\": \"3.11.7\", \"packages\": {\"raytune_lite\": \"0.1.0\", \"optuna\": \"5.0.0\", \"numpy\": \"2.4.6\"}, \"resources\": {}, \"max_concurrent\": null}","price":0.0,"prices":"{}","max_cost":null,"before_until":0.0}');
INSERT INTO "rtl_events" VALUES(6,6,1,8.26012973684555618092e-02,'{"_":"Claimed","slot":"host-17477-7aa2d78f/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(6,7,1,8.26940553683925827499e-02,'{"_":"Suggested","number":4,"params":[{"_":"ParamValue","name":"x","value":0.11937485040618034,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(6,8,1,8.44397203684366104425e-02,'{"_":"AttemptEnded","number":4,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":0.11937485040618034,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.11937485040618034],"failure":null}');
INSERT INTO "rtl_events" VALUES(6,9,1,8.70703553683824793552e-02,'{"_":"Claimed","slot":"host-17477-7aa2d78f/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(6,10,1,8.71146413684300569002e-02,'{"_":"Suggested","number":5,"params":[{"_":"ParamValue","name":"x","value":0.9418218126912682,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":9,"note":""}');
INSERT INTO "rtl_events" VALUES(6,11,1,8.77271983683840517187e-02,'{"_":"AttemptEnded","number":5,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":0.9418218126912682,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.9418218126912682],"failure":null}');
CREATE TABLE rtl_grid_cells (
	study_id INTEGER NOT NULL, 
	cell BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	number BIGINT NOT NULL, 
	failures BIGINT NOT NULL, 
	PRIMARY KEY (study_id, cell), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_grid_cells" VALUES(3,1,'done',0,0);
INSERT INTO "rtl_grid_cells" VALUES(3,5,'dead',2,2);
INSERT INTO "rtl_grid_cells" VALUES(3,2,'done',3,0);
INSERT INTO "rtl_grid_cells" VALUES(3,3,'leased',4,0);
INSERT INTO "rtl_grid_cells" VALUES(3,0,'free',5,1);
CREATE TABLE rtl_reports (
	trial_id INTEGER NOT NULL, 
	step BIGINT NOT NULL, 
	values_json TEXT NOT NULL, 
	PRIMARY KEY (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_reports" VALUES(38,0,'[1.0, Infinity]');
INSERT INTO "rtl_reports" VALUES(38,1,'[0.5, Infinity]');
INSERT INTO "rtl_reports" VALUES(38,2,'[0.3333333333333333, Infinity]');
INSERT INTO "rtl_reports" VALUES(39,0,'[1.0, Infinity]');
INSERT INTO "rtl_reports" VALUES(39,1,'[0.5, Infinity]');
INSERT INTO "rtl_reports" VALUES(39,2,'[0.3333333333333333, Infinity]');
CREATE TABLE rtl_rungs (
	trial_id INTEGER NOT NULL, 
	level BIGINT NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(8) NOT NULL, 
	how VARCHAR(16) NOT NULL, 
	promoted BOOLEAN NOT NULL, 
	bracket BIGINT DEFAULT '0' NOT NULL, 
	losses_json TEXT, 
	PRIMARY KEY (trial_id, level), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_rungs" VALUES(2,1,0.5,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(2,3,0.25,'FINITE','final',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(1,1,3.5,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(4,1,NULL,'INF_POS','failed',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(5,1,NULL,'INF_POS','failed',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(6,1,3.010330193076303118e+00,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(7,1,NULL,'INF_POS','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(6,3,1.01033019307630334004e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(8,1,NULL,'NAN','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(9,1,NULL,'INF_POS','failed',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(10,1,3.00284022770675651514e+00,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(10,3,1.00284022770675651514e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(11,1,3.11915494171761631392e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(12,1,2.20143707293868118313e+00,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(12,3,8.68103739605347812791e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(13,1,4.00092299934214068457e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(14,1,4.01813208306879854347e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(15,1,4.00826488279727488617e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(16,1,1.00585891913000846642e+00,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(16,3,3.39192252463341725743e-01,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(17,1,2.00382636175178951987e+00,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(17,3,6.70493028418456260553e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(18,1,2.0194612945529004655e+00,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(18,3,6.86127961219567206185e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(20,1,0.125,'FINITE','exact',1,0,NULL);
INSERT INTO "rtl_rungs" VALUES(22,1,-5.82940601861524076987e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(22,3,-1.74882180558457234198e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(23,1,-2.89445933956832268663e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(24,1,-4.33509505792947336111e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(25,1,-0.82854920820867,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(25,3,-2.48564762462600974401e+00,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(26,1,-3.44668719614594332156e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(27,1,-1.58071017426367421698e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(28,1,-2.50980108580776684057e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(29,1,-7.11101709020908745451e-01,'FINITE','exact',0,0,NULL);
INSERT INTO "rtl_rungs" VALUES(29,3,-2.13330512706272612533e+00,'FINITE','exact',0,0,NULL);
CREATE TABLE rtl_slots (
	study_id INTEGER NOT NULL, 
	slot_sha256 VARCHAR(64) NOT NULL, 
	trial_id INTEGER NOT NULL, 
	attempt BIGINT NOT NULL, 
	PRIMARY KEY (study_id, slot_sha256), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE, 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_slots" VALUES(1,'351a6944f90ee2f558eafd8ed70120e473b4e4f5a7887e553a0d493ebe3ed3b8',20,1);
INSERT INTO "rtl_slots" VALUES(3,'0f40b4a7ae22c60a7597b6735657400439cb91f4a6606d2fa56f74e63f32c247',34,1);
INSERT INTO "rtl_slots" VALUES(5,'50940b720566d5b0359906802567eb3a75ac663f53a0c49f24e5a5ecb7e28386',40,1);
CREATE TABLE rtl_snapshot_parts (
	study_id INTEGER NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	part BIGINT NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (study_id, kind, part), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_snapshot_parts" VALUES(2,'base',0,X'7801BD57DB6EE3C8117D9FAF30F89400B4D037F6C50F018CEC6C32C06676B0B38B3CC806D1229B12638A5478F17860F8DF73AA29CB634BD64302049039ECD3D5DD75AA4F55711E93A1E9C621B9BA68A7A6492F92BEFB46A3E5926160242F45B5725E709DDCA6174B0E903B2B9C67CAC9D245500054C178E12A6E5D55455002AC84F4AAA80C2FB488A022909785E55C5BADCA086600B562BCAA8A8A496123A80196DE65852D572B5FCCCB0D4056F9CA95BAD485C1F2DBA70F8F499B87FBD0120969D2A40D0F63DE4EDB55E8932B8B715EB7F7BEA9CBE48AA5C92A0C23ECD264D777DB6EACBB16CB80EFFAA90D7D3EEC42915C258F3749EBB7E10681B849AEBFFEFDFA4B9CBE49528CB7759BF761E8A6BE8816880940FFF00A7404F6A19C0A3A23AF7C31763DED87B8C0BA2BF79B0F63B77BD936F8BEF99E13B6ABDB75DEFB319AB1A7244D06BFDD35EFB8F89B6FCB6EFB75B698B71B4228E93C416B8B8E58B30588565DBFF5180870F64D18C7905C2D97C903AC5EB1FEB9E9FCF8533D8C7DBD9A88C3BCAD1F67200CB439560C63008167F9DC244DF78D867416886EEAF586867C1E36DD9A46956F86F0F484EB03AD8DDF05DC017CC0DE61BB1B89EBE8FB3194391C4D9FE17950741485C35C8B40C26417DA1201C35B1F765D0F29A449E38711A10C3BBCDF87BEAC8B0857533F6E4804407D33E1688467E3FB358E1BBB1CF70C60E77BBFA599615AAF611C48A9FF8B83A7DDFAAF7D41DC668553E058CA5391CA54A559AA5383B9A9DDF9E20E4E5F2D258655DDD6C3260E8F6D8B6E8AA9F398FCF6C7E7CF9F3EFF2DA6C35F7FFDC7975F3EFEFE31EAE40B663EFE945CE934F9F9FAD32FD1E09FD79F7E7F36FE72FDC7579A674F6932F6BE1DEA7D5E3D267F6ABB36FCF9E2F2B2687CBD0DE5E5E55F2E0EE72039F7EF64F07CB164F2EAF8179B98A4718F834B3872005988F8111A7E93B9FF0F0D930373057DC46B1FC6FE3BC27E4B1A9A861873BCFF7B0A13E5195EFB80C140C52A8E2037784EC506CE6F90A697DC28632E2B6B8DAA8282065761ED5B523F25B0904E6499D499E24A3B2110C3D554AE03CDBE9C19136C762C6FEA6D8DD958DE91587369791EFB15B285BC9CA77109DB58ADEA66EAE1D18C96F570870A16B1B95A6EFC900FFE9E16EE8F2A36A1B8DB7535B494DF0524311598BB10760395C509579F5C8DFD14A0C63E84217F8ECE8CF96FBEC6C2E72CD95B524D7DD9375F7D1FA950CC3EEDFA9A2E3D96B468172BDC3C87804D8780A110047F4FC5E1EAF1697F4335EDF3988487029EA2B4C5D841A939650A15448472845CBB690EEB7A37E578CFBB2ADF866D4737CCD3E45BD7DFA11E17BD1F3691EE1B130400470F210F0FBB1AAD20DA50C1CA9B1F9CFD8160D1F5FDB40FDD0F30851F6A89DC38084344F1DA725F8DD4E338E55D53B7C1AFE1FA12B29A7F64F82FD20681D4CFDF9489E5255B6468E58A69C6ADE699503C0526AC532A7352BA4C5B2984215049993197B1CC38AC3052116885CD9413CCE2A7A399544A6B6BB8D31C5B601199F1CC32C319842DB4D478C653B09D659C599A34F36AC3399931C704FE2C4AD9122D825C9754D796977C6194B5825B9665566546607FB15036D3CA68A1B4D08C393822165C4AC9322E0CD3C2081D77A247DC4DE01F9E723C457CCA941015DFB3F8D4F169806302BFB7C143689B80D022FC742F4F1FB01FD9E0891CCD98849F12392AAD104ABD0F3ACDA4728AB2190C383E5FEAF6129F264518D07EB0E9F2F88E6E51ED977CC175662D17384A48A62C184882DF06E8167D61291652728A1033B820E634DA4246B0E3CA3089A04986690658A74BB950CE682535AE43C34221F606F15930C4DD2AC1259668ED6E534BA8D612D2B15C5927B8C3162E5D660BDC86A22AA54D260D3788A3A38953744ED73DC4FC943114F1617F1D31D8923BD2594621E4227B1F9312FC25A74B3110E8EB48C7C2F81CF0A30480F3B889F89B0D67E044AA4017278B782473BC6F4AE52FF211B8D4D97705179922F1286493D1241E7912CC8490681364C990AF67181D65EFBB8C8E2DCF313A61BD67C4A1C67D3AC8CC71EEA2189414F8442742A7305406C845101F61B87ACD67CE85D715679F093A43C9B0909AE2284C310F8E8B42CC03B9905089A3B266A5D23666815AD079480BC5117799C51C500B67B8701036FAAD60DC01460E640BE37014EA232DD8A7805E686CE7A4D619B242A2D840E866A132ED94B0465A6399702F19F096C419C9BC353DE8451DF4623943A58E516319F23286F724E838525A5006A0089C93CB51157F572EC796E7E472C2FA40283B1072166A117B19A0C2935C4E600A3D471175D031CAB9ECB55E5E65F451077A97D0B1E5394227AC0F84F433210813BAC4571B1C95C60A227412135A391EDB068AB23DC7071DE655F37C97CE91E13936C7C60732E88473794282702431557628DE45B59DC414891E2CC80EFFD73F7339C75D3FF63748000D49A1D7E38F1BE41FFADB71638F30753E7CEEE2E396FE4F79D2EE1CF1630F66E2FF01129DA4D0');
CREATE TABLE rtl_snapshots (
	study_id INTEGER NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	seq BIGINT NOT NULL, 
	at FLOAT NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	log_digest VARCHAR(64) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	PRIMARY KEY (study_id, kind), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_snapshots" VALUES(2,'base',37,4.47802085413968598004e-02,'f24a42a61b60a1ad6bee720c274ff08aae30a2bed2e01a2724f15e2f610d0871','b71a5d66bdb8b71e7fd42894884658117723b85b23409fcc2d42652f67fc3a90','f9790a88028b4dde874c9a41ad2252c30618a97f3704e024d3ad44624b2ff57f');
CREATE TABLE rtl_studies (
	study_id INTEGER NOT NULL, 
	created FLOAT NOT NULL, 
	specs TEXT NOT NULL, 
	PRIMARY KEY (study_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_studies" VALUES(1,1.79603707845700526235e+09,'{}');
INSERT INTO "rtl_studies" VALUES(2,1.79603707877899122237e+09,'{}');
INSERT INTO "rtl_studies" VALUES(3,1.79603707883998441694e+09,'{}');
INSERT INTO "rtl_studies" VALUES(4,1.79603707890999031069e+09,'{}');
INSERT INTO "rtl_studies" VALUES(5,1.79603707895299935341e+09,'{}');
INSERT INTO "rtl_studies" VALUES(6,1.79603707928840398795e+09,'{}');
CREATE TABLE rtl_trials (
	trial_id INTEGER NOT NULL, 
	study_id INTEGER NOT NULL, 
	number BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempt BIGINT NOT NULL, 
	cell BIGINT, 
	held_cell BIGINT GENERATED ALWAYS AS (CASE WHEN state <> 'FAIL' THEN cell END), 
	PRIMARY KEY (trial_id), 
	UNIQUE (study_id, number), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id) ON DELETE CASCADE, 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_trials" VALUES(1,1,0,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(2,1,1,'COMPLETE',0,NULL);
INSERT INTO "rtl_trials" VALUES(3,1,2,'FAIL',0,NULL);
INSERT INTO "rtl_trials" VALUES(4,1,3,'FAIL',1,NULL);
INSERT INTO "rtl_trials" VALUES(5,1,4,'FAIL',2,NULL);
INSERT INTO "rtl_trials" VALUES(6,1,5,'PRUNED',3,NULL);
INSERT INTO "rtl_trials" VALUES(7,1,6,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(8,1,7,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(9,1,8,'FAIL',1,NULL);
INSERT INTO "rtl_trials" VALUES(10,1,9,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(11,1,10,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(12,1,11,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(13,1,12,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(14,1,13,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(15,1,14,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(16,1,15,'COMPLETE',2,NULL);
INSERT INTO "rtl_trials" VALUES(17,1,16,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(18,1,17,'PAUSED',1,NULL);
INSERT INTO "rtl_trials" VALUES(19,1,18,'WAITING',2,NULL);
INSERT INTO "rtl_trials" VALUES(20,1,19,'RUNNING',1,NULL);
INSERT INTO "rtl_trials" VALUES(21,1,20,'WAITING',0,NULL);
INSERT INTO "rtl_trials" VALUES(22,2,0,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(23,2,1,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(24,2,2,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(25,2,3,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(26,2,4,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(27,2,5,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(28,2,6,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(29,2,7,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(30,3,0,'COMPLETE',1,1);
INSERT INTO "rtl_trials" VALUES(31,3,1,'FAIL',1,5);
INSERT INTO "rtl_trials" VALUES(32,3,2,'FAIL',1,5);
INSERT INTO "rtl_trials" VALUES(33,3,3,'COMPLETE',1,2);
INSERT INTO "rtl_trials" VALUES(34,3,4,'RUNNING',1,3);
INSERT INTO "rtl_trials" VALUES(35,3,5,'FAIL',1,0);
INSERT INTO "rtl_trials" VALUES(36,4,0,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(37,4,1,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(38,5,0,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(39,5,1,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(40,5,2,'RUNNING',1,NULL);
INSERT INTO "rtl_trials" VALUES(41,6,0,'COMPLETE',0,NULL);
INSERT INTO "rtl_trials" VALUES(42,6,1,'PRUNED',0,NULL);
INSERT INTO "rtl_trials" VALUES(43,6,2,'COMPLETE',0,NULL);
INSERT INTO "rtl_trials" VALUES(45,6,4,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(46,6,5,'COMPLETE',1,NULL);
CREATE TABLE rtl_version (
	id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CHECK (id=1)
);
INSERT INTO "rtl_version" VALUES(1,4);
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'train');
INSERT INTO "studies" VALUES(2,'stop');
INSERT INTO "studies" VALUES(3,'grid');
INSERT INTO "studies" VALUES(4,'tree');
INSERT INTO "studies" VALUES(5,'two objectives');
INSERT INTO "studies" VALUES(6,'optuna');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MINIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MAXIMIZE',2,0);
INSERT INTO "study_directions" VALUES(3,'MINIMIZE',3,0);
INSERT INTO "study_directions" VALUES(4,'MINIMIZE',4,0);
INSERT INTO "study_directions" VALUES(5,'MINIMIZE',5,0);
INSERT INTO "study_directions" VALUES(6,'MAXIMIZE',5,1);
INSERT INTO "study_directions" VALUES(7,'MINIMIZE',6,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'who','["me", 1, null]');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,2,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,1,3.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,6,1,3.010330193076303118e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,7,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(5,6,2,1.51033019307630334004e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,6,3,1.01033019307630334004e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,8,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(8,10,1,3.00284022770675651514e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,10,2,1.50284022770675651514e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,10,3,1.00284022770675651514e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,11,1,3.11915494171761631392e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,12,1,2.20143707293868118313e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,12,2,1.20143707293868118313e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,12,3,8.68103739605347812791e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,13,1,4.00092299934214068457e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,14,1,4.01813208306879854347e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,15,1,4.00826488279727488617e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,16,1,1.00585891913000846642e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(19,16,2,5.05858919130008466424e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(20,16,3,3.39192252463341725743e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(21,17,1,2.00382636175178951987e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(22,17,2,1.00382636175178974191e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(23,17,3,6.70493028418456260553e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(24,16,4,2.55858919130008410913e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(25,16,5,2.05858919130008449771e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(26,16,6,1.72525585796675096084e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(27,16,7,1.48716061987151287882e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(28,16,8,1.30858919130008438669e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(29,16,9,1.16970030241119543612e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(30,18,1,2.0194612945529004655e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(31,18,2,1.0194612945529004655e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(32,18,3,6.86127961219567206185e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(33,20,1,0.125,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(34,22,1,5.82940601861524076987e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(35,22,2,1.16588120372304815397e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(36,22,3,1.74882180558457234198e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(37,22,4,2.33176240744609630795e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(38,22,5,2.91470300930762027391e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(39,22,6,3.49764361116914468396e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(40,22,7,4.08058421303066864993e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(41,22,8,4.6635248148921926159e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(42,22,9,5.24646541675371658186e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(43,23,1,2.89445933956832268663e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(44,24,1,4.33509505792947336111e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(45,25,1,0.82854920820867,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(46,25,2,1.65709841641734,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(47,25,3,2.48564762462600974401e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(48,25,4,3.31419683283468,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(49,25,5,4.14274604104335,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(50,25,6,4.97129524925201948803e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(51,25,7,5.79984445746069,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(52,25,8,6.62839366566936,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(53,25,9,7.45694287387802923205e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(54,26,1,3.44668719614594332156e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(55,27,1,1.58071017426367421698e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(56,28,1,2.50980108580776684057e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(57,29,1,7.11101709020908745451e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(58,29,2,1.4222034180418174909e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(59,29,3,2.13330512706272612533e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(60,38,0,1.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(61,38,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(62,38,2,3.33333333333333314829e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(63,39,0,1.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(64,39,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(65,39,2,3.33333333333333314829e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(66,41,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(67,42,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(68,43,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(69,47,1,0.5,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,2,'lr',0.25,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(2,1,'lr',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(3,1,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(4,1,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(5,1,'momentum',0.2,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(6,4,'lr',7.66405574999460409424e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(7,4,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(8,4,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(9,5,'lr',5.52738292761597075318e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(10,5,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(11,5,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(12,6,'lr',1.0330193076303255048e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(13,6,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(14,6,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(15,6,'momentum',0.8,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(16,7,'lr',3.01989853259835693694e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(17,7,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(18,7,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(19,8,'lr',0.00025937125471121,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(20,8,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(21,8,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(22,9,'lr',8.00710966802551174503e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(23,9,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(24,9,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(25,10,'lr',2.84022770675648695767e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(26,10,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(27,10,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(28,10,'momentum',3.00000000000000044408e-01,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(29,11,'lr',1.19154941717616424945e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(30,11,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(31,11,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(32,11,'momentum',0.9,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(33,12,'lr',2.01437072938681210887e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(34,12,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(35,12,'kind',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(36,13,'lr',9.22999342140653458894e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(37,13,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(38,13,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(39,14,'lr',1.81320830687988487905e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(40,14,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(41,14,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(42,15,'lr',8.26488279727527648532e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(43,15,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(44,15,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(45,15,'momentum',0.4,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(46,16,'lr',5.85891913000843173042e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(47,16,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(48,16,'kind',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(49,17,'lr',3.82636175178964433804e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(50,17,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(51,17,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(52,17,'momentum',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(53,18,'lr',1.94612945529005314238e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(54,18,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(55,18,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(56,18,'momentum',0.8,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(57,19,'lr',2.7954979370893736322e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(58,19,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(59,19,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(60,19,'momentum',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(61,20,'lr',1.25485884568920852064e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(62,22,'x',5.82940601861524076987e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(63,23,'x',2.89445933956832268663e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(64,24,'x',4.33509505792947336111e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(65,25,'x',0.82854920820867,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(66,26,'x',3.44668719614594332156e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(67,27,'x',1.58071017426367421698e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(68,28,'x',2.50980108580776684057e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(69,29,'x',7.11101709020908745451e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(70,30,'x',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(71,30,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(72,31,'x',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(73,31,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(74,32,'x',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(75,32,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(76,33,'x',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(77,33,'y',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(78,36,'n',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(79,36,'deep',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", "b"]}}');
INSERT INTO "trial_params" VALUES(80,37,'n',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(81,37,'deep',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", "b"]}}');
INSERT INTO "trial_params" VALUES(82,38,'x',3.45072945743321257694e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(83,39,'x',2.34220766683910786021e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(84,41,'x',2.21993171089739482759e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(85,43,'x',8.707323061773764028e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(86,44,'x',2.06719155339426419182e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(87,45,'x',1.19374850406180343931e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(88,46,'x',9.41821812691268189787e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(89,47,'x',9.18610907937921550292e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"lr": 0.5}');
INSERT INTO "trial_system_attributes" VALUES(2,1,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(3,4,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(4,4,'rtl:failure','{"error": "TrialInvalid: no such network", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 40, in train\n    raise rtl.TrialInvalid(\"no such network\")\nraytune_lite.exceptions.TrialInvalid: no such network\n"}');
INSERT INTO "trial_system_attributes" VALUES(5,5,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(6,5,'rtl:failure','{"error": "ValueError: diverged \u00fc \ud83d\ude80", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n"}');
INSERT INTO "trial_system_attributes" VALUES(7,6,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(8,7,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(9,8,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(10,9,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(11,9,'rtl:failure','{"error": "NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.", "traceback": "Traceback (most recent call last):\n  File \"runtime/attempt.py\", line 148, in check_values\n    raise NonFiniteResult(f\"the objective returned {shown(result)}: NaN is not a result, so the trial is FAIL.\")\nraytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.\n"}');
INSERT INTO "trial_system_attributes" VALUES(12,10,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(13,11,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(14,12,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(15,13,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(16,14,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(17,15,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(18,16,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(19,17,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(20,18,'fixed_params','{"depth": 2}');
INSERT INTO "trial_system_attributes" VALUES(21,18,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(22,19,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(23,21,'fixed_params','{"lr": 0.75, "depth": 3}');
INSERT INTO "trial_system_attributes" VALUES(24,31,'rtl:failure','{"error": "ValueError: odd", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n"}');
INSERT INTO "trial_system_attributes" VALUES(25,32,'rtl:failure','{"error": "ValueError: odd", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n"}');
INSERT INTO "trial_system_attributes" VALUES(26,35,'rtl:failure','{"error": "told FAIL by the user", "traceback": ""}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'why','"a guess"');
INSERT INTO "trial_user_attributes" VALUES(2,1,'note','{"\u00e9 \ud83d\ude80": 0}');
INSERT INTO "trial_user_attributes" VALUES(3,4,'note','{"\u00e9 \ud83d\ude80": 3}');
INSERT INTO "trial_user_attributes" VALUES(4,5,'note','{"\u00e9 \ud83d\ude80": 4}');
INSERT INTO "trial_user_attributes" VALUES(5,6,'note','{"\u00e9 \ud83d\ude80": 5}');
INSERT INTO "trial_user_attributes" VALUES(6,7,'note','{"\u00e9 \ud83d\ude80": 6}');
INSERT INTO "trial_user_attributes" VALUES(7,8,'note','{"\u00e9 \ud83d\ude80": 7}');
INSERT INTO "trial_user_attributes" VALUES(8,9,'note','{"\u00e9 \ud83d\ude80": 8}');
INSERT INTO "trial_user_attributes" VALUES(9,10,'note','{"\u00e9 \ud83d\ude80": 9}');
INSERT INTO "trial_user_attributes" VALUES(10,11,'note','{"\u00e9 \ud83d\ude80": 10}');
INSERT INTO "trial_user_attributes" VALUES(11,12,'note','{"\u00e9 \ud83d\ude80": 11}');
INSERT INTO "trial_user_attributes" VALUES(12,13,'note','{"\u00e9 \ud83d\ude80": 12}');
INSERT INTO "trial_user_attributes" VALUES(13,14,'note','{"\u00e9 \ud83d\ude80": 13}');
INSERT INTO "trial_user_attributes" VALUES(14,15,'note','{"\u00e9 \ud83d\ude80": 14}');
INSERT INTO "trial_user_attributes" VALUES(15,16,'note','{"\u00e9 \ud83d\ude80": 15}');
INSERT INTO "trial_user_attributes" VALUES(16,17,'note','{"\u00e9 \ud83d\ude80": 16}');
INSERT INTO "trial_user_attributes" VALUES(17,18,'note','{"\u00e9 \ud83d\ude80": 17}');
INSERT INTO "trial_user_attributes" VALUES(18,19,'note','{"\u00e9 \ud83d\ude80": 18}');
INSERT INTO "trial_user_attributes" VALUES(19,41,'who','"optuna"');
INSERT INTO "trial_user_attributes" VALUES(20,42,'who','"optuna"');
INSERT INTO "trial_user_attributes" VALUES(21,43,'who','"optuna"');
INSERT INTO "trial_user_attributes" VALUES(22,47,'who','"optuna"');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,2,0,0.25,'FINITE');
INSERT INTO "trial_values" VALUES(2,7,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(3,16,0,5.85891913000843173042e-03,'FINITE');
INSERT INTO "trial_values" VALUES(4,1,0,3.5,'FINITE');
INSERT INTO "trial_values" VALUES(5,6,0,1.01033019307630334004e+00,'FINITE');
INSERT INTO "trial_values" VALUES(6,10,0,1.00284022770675651514e+00,'FINITE');
INSERT INTO "trial_values" VALUES(7,11,0,3.11915494171761631392e+00,'FINITE');
INSERT INTO "trial_values" VALUES(8,12,0,8.68103739605347812791e-01,'FINITE');
INSERT INTO "trial_values" VALUES(9,13,0,4.00092299934214068457e+00,'FINITE');
INSERT INTO "trial_values" VALUES(10,14,0,4.01813208306879854347e+00,'FINITE');
INSERT INTO "trial_values" VALUES(11,15,0,4.00826488279727488617e+00,'FINITE');
INSERT INTO "trial_values" VALUES(12,17,0,6.70493028418456260553e-01,'FINITE');
INSERT INTO "trial_values" VALUES(13,22,0,5.82940601861524076987e-01,'FINITE');
INSERT INTO "trial_values" VALUES(14,23,0,2.89445933956832268663e-01,'FINITE');
INSERT INTO "trial_values" VALUES(15,24,0,4.33509505792947336111e-01,'FINITE');
INSERT INTO "trial_values" VALUES(16,25,0,0.82854920820867,'FINITE');
INSERT INTO "trial_values" VALUES(17,26,0,3.44668719614594332156e-01,'FINITE');
INSERT INTO "trial_values" VALUES(18,27,0,1.58071017426367421698e-01,'FINITE');
INSERT INTO "trial_values" VALUES(19,28,0,2.50980108580776684057e-01,'FINITE');
INSERT INTO "trial_values" VALUES(20,29,0,2.13330512706272612533e+00,'FINITE');
INSERT INTO "trial_values" VALUES(21,30,0,-1.0,'FINITE');
INSERT INTO "trial_values" VALUES(22,33,0,2.0,'FINITE');
INSERT INTO "trial_values" VALUES(23,36,0,0.0,'FINITE');
INSERT INTO "trial_values" VALUES(24,37,0,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(25,38,0,3.45072945743321257694e-01,'FINITE');
INSERT INTO "trial_values" VALUES(26,38,1,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(27,39,0,2.34220766683910786021e-01,'FINITE');
INSERT INTO "trial_values" VALUES(28,39,1,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(29,41,0,2.21993171089739482759e-01,'FINITE');
INSERT INTO "trial_values" VALUES(30,42,0,0.5,'FINITE');
INSERT INTO "trial_values" VALUES(31,43,0,8.707323061773764028e-01,'FINITE');
INSERT INTO "trial_values" VALUES(32,45,0,1.19374850406180343931e-01,'FINITE');
INSERT INTO "trial_values" VALUES(33,46,0,9.41821812691268189787e-01,'FINITE');
INSERT INTO "trial_values" VALUES(34,47,0,9.18610907937921550292e-01,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'PRUNED','2026-11-30 11:11:18.511555','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-30 11:11:18.488660','2026-11-30 11:11:18.488660');
INSERT INTO "trials" VALUES(3,2,1,'FAIL','2026-11-30 11:11:18.491247','2026-11-30 11:11:18.491247');
INSERT INTO "trials" VALUES(4,3,1,'FAIL','2026-11-30 11:11:18.539951','2026-11-30 11:11:18.541899');
INSERT INTO "trials" VALUES(5,4,1,'FAIL','2026-11-30 11:11:18.543508','2026-11-30 11:11:18.546196');
INSERT INTO "trials" VALUES(6,5,1,'PRUNED','2026-11-30 11:11:18.547172','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(7,6,1,'PRUNED','2026-11-30 11:11:18.552929','2026-11-30 11:11:18.556143');
INSERT INTO "trials" VALUES(8,7,1,'PRUNED','2026-11-30 11:11:18.565980','2026-11-30 11:11:18.569201');
INSERT INTO "trials" VALUES(9,8,1,'FAIL','2026-11-30 11:11:18.570562','2026-11-30 11:11:18.571898');
INSERT INTO "trials" VALUES(10,9,1,'PRUNED','2026-11-30 11:11:18.572878','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(11,10,1,'PRUNED','2026-11-30 11:11:18.580487','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(12,11,1,'PRUNED','2026-11-30 11:11:18.584642','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(13,12,1,'PRUNED','2026-11-30 11:11:18.593984','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(14,13,1,'PRUNED','2026-11-30 11:11:18.598390','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(15,14,1,'PRUNED','2026-11-30 11:11:18.602940','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(16,15,1,'COMPLETE','2026-11-30 11:11:18.608563','2026-11-30 11:11:18.645797');
INSERT INTO "trials" VALUES(17,16,1,'PRUNED','2026-11-30 11:11:18.617986','2026-11-30 11:11:18.647512');
INSERT INTO "trials" VALUES(18,17,1,'RUNNING','2026-11-30 11:11:18.713866',NULL);
INSERT INTO "trials" VALUES(19,18,1,'RUNNING','2026-11-30 11:11:18.726982',NULL);
INSERT INTO "trials" VALUES(20,19,1,'RUNNING','2026-11-30 11:11:18.764463',NULL);
INSERT INTO "trials" VALUES(21,20,1,'WAITING',NULL,NULL);
INSERT INTO "trials" VALUES(22,0,2,'COMPLETE','2026-11-30 11:11:18.804029','2026-11-30 11:11:18.808595');
INSERT INTO "trials" VALUES(23,1,2,'PRUNED','2026-11-30 11:11:18.810986','2026-11-30 11:11:18.812354');
INSERT INTO "trials" VALUES(24,2,2,'PRUNED','2026-11-30 11:11:18.813145','2026-11-30 11:11:18.814215');
INSERT INTO "trials" VALUES(25,3,2,'COMPLETE','2026-11-30 11:11:18.814903','2026-11-30 11:11:18.816413');
INSERT INTO "trials" VALUES(26,4,2,'PRUNED','2026-11-30 11:11:18.817095','2026-11-30 11:11:18.818127');
INSERT INTO "trials" VALUES(27,5,2,'PRUNED','2026-11-30 11:11:18.818811','2026-11-30 11:11:18.819855');
INSERT INTO "trials" VALUES(28,6,2,'PRUNED','2026-11-30 11:11:18.820609','2026-11-30 11:11:18.821640');
INSERT INTO "trials" VALUES(29,7,2,'PRUNED','2026-11-30 11:11:18.822304','2026-11-30 11:11:18.823771');
INSERT INTO "trials" VALUES(30,0,3,'COMPLETE','2026-11-30 11:11:18.866494','2026-11-30 11:11:18.868914');
INSERT INTO "trials" VALUES(31,1,3,'FAIL','2026-11-30 11:11:18.871487','2026-11-30 11:11:18.872266');
INSERT INTO "trials" VALUES(32,2,3,'FAIL','2026-11-30 11:11:18.873783','2026-11-30 11:11:18.874377');
INSERT INTO "trials" VALUES(33,3,3,'COMPLETE','2026-11-30 11:11:18.875190','2026-11-30 11:11:18.875752');
INSERT INTO "trials" VALUES(34,4,3,'RUNNING','2026-11-30 11:11:18.897880',NULL);
INSERT INTO "trials" VALUES(35,5,3,'FAIL','2026-11-30 11:11:18.899971','2026-11-30 11:11:18.900429');
INSERT INTO "trials" VALUES(36,0,4,'COMPLETE','2026-11-30 11:11:18.930691','2026-11-30 11:11:18.933870');
INSERT INTO "trials" VALUES(37,1,4,'COMPLETE','2026-11-30 11:11:18.936164','2026-11-30 11:11:18.936736');
INSERT INTO "trials" VALUES(38,0,5,'COMPLETE','2026-11-30 11:11:18.975243','2026-11-30 11:11:18.977827');
INSERT INTO "trials" VALUES(39,1,5,'COMPLETE','2026-11-30 11:11:18.980814','2026-11-30 11:11:18.981573');
INSERT INTO "trials" VALUES(40,2,5,'RUNNING','2026-11-30 11:11:19.005710',NULL);
INSERT INTO "trials" VALUES(41,0,6,'COMPLETE','2026-11-30 11:11:19.288404','2026-11-30 11:11:19.306938');
INSERT INTO "trials" VALUES(42,1,6,'PRUNED','2026-11-30 11:11:19.313860','2026-11-30 11:11:19.320927');
INSERT INTO "trials" VALUES(43,2,6,'COMPLETE','2026-11-30 11:11:19.326910','2026-11-30 11:11:19.335934');
INSERT INTO "trials" VALUES(44,3,6,'RUNNING','2026-11-30 11:11:19.339634',NULL);
INSERT INTO "trials" VALUES(45,4,6,'COMPLETE','2026-11-30 11:11:19.371005','2026-11-30 11:11:19.372844');
INSERT INTO "trials" VALUES(46,5,6,'COMPLETE','2026-11-30 11:11:19.375474','2026-11-30 11:11:19.376131');
INSERT INTO "trials" VALUES(47,6,6,'COMPLETE','2026-11-30 11:11:19.389975','2026-11-30 11:11:19.397987');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE UNIQUE INDEX rtl_grid_cells_number ON rtl_grid_cells (study_id, number);
CREATE UNIQUE INDEX rtl_trials_held_cell ON rtl_trials (study_id, held_cell);
CREATE TRIGGER rtl_studies_deleted AFTER DELETE ON studies BEGIN DELETE FROM rtl_grid_cells WHERE study_id = OLD.study_id; DELETE FROM rtl_snapshot_parts WHERE study_id = OLD.study_id; DELETE FROM rtl_snapshots WHERE study_id = OLD.study_id; DELETE FROM rtl_events WHERE study_id = OLD.study_id; DELETE FROM rtl_epochs WHERE study_id = OLD.study_id; DELETE FROM rtl_studies WHERE study_id = OLD.study_id; END;
CREATE TRIGGER rtl_trials_deleted AFTER DELETE ON trials BEGIN DELETE FROM rtl_reports WHERE trial_id = OLD.trial_id; DELETE FROM rtl_rungs WHERE trial_id = OLD.trial_id; DELETE FROM rtl_checkpoints WHERE trial_id = OLD.trial_id; DELETE FROM rtl_slots WHERE trial_id = OLD.trial_id; DELETE FROM rtl_attempts WHERE trial_id = OLD.trial_id; DELETE FROM rtl_trials WHERE trial_id = OLD.trial_id; END;
COMMIT;

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
INSERT INTO "rtl_attempts" VALUES(1,1,'host-6763-f72848cd/task-1','in-process',4.32302400149637833237e-02,0.06102056101372,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(4,1,'host-6763-f72848cd/task-2','in-process',6.24373630162153858691e-02,6.43907950143329799175e-02,'invalid','Traceback (most recent call last):
  File "make_database.py", line 40, in train
    raise rtl.TrialInvalid("no such network")
raytune_lite.exceptions.TrialInvalid: no such network
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(5,1,'host-6763-f72848cd/task-3','in-process',0.0658414620156691,0.0669957310128666,'exception','Traceback (most recent call last):
  File "make_database.py", line 42, in train
    raise ValueError("diverged ü 🚀")
ValueError: diverged ü 🚀
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(5,2,'host-6763-f72848cd/task-4','in-process',6.78833150159334763884e-02,6.85770040145143866539e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 42, in train
    raise ValueError("diverged ü 🚀")
ValueError: diverged ü 🚀
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,1,'host-6763-f72848cd/task-5','in-process',6.94503910162893589586e-02,7.06964310156763531267e-02,'out_of_memory','Traceback (most recent call last):
  File "make_database.py", line 44, in train
    raise MemoryError
MemoryError
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,2,'host-6763-f72848cd/task-6','in-process',7.15318160146125592291e-02,7.50035860146454069763e-02,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(7,1,'host-6763-f72848cd/task-7','in-process',0.0756467260143836,7.92990330155589617788e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,3,'host-6763-f72848cd/task-8','in-process',8.18024010150111280381e-02,8.75099660152045544236e-02,'paused','',1,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(8,1,'host-6763-f72848cd/task-9','in-process',0.0887577910143591,9.2531196012714644894e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(9,1,'host-6763-f72848cd/task-10','in-process',9.37812750162265729159e-02,9.51487990132591221481e-02,'non_finite','Traceback (most recent call last):
  File "runtime/attempt.py", line 98, in check_values
    raise NonFiniteResult(f"the objective returned {shown(result)}: NaN is not a result, so the trial is FAIL.")
raytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(10,1,'host-6763-f72848cd/task-11','in-process',9.6146930012764642015e-02,1.04965075013751629739e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(11,1,'host-6763-f72848cd/task-12','in-process',1.05625489013618789613e-01,1.09536234012921340763e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(12,1,'host-6763-f72848cd/task-13','in-process',1.10348516012891195714e-01,1.18367378014227142557e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(13,1,'host-6763-f72848cd/task-14','in-process',1.19051212015619967132e-01,1.22578474012698279693e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(14,1,'host-6763-f72848cd/task-15','in-process',1.23219587014318676665e-01,1.28760035015147877857e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(15,1,'host-6763-f72848cd/task-16','in-process',1.29437105013494146987e-01,1.33532494015526026487e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(16,1,'host-6763-f72848cd/task-17','in-process',1.34390937015268718823e-01,1.44078032015386270359e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(17,1,'host-6763-f72848cd/task-18','in-process',1.44969231016148114576e-01,1.5382993001549039036e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(16,2,'host-6763-f72848cd/task-19','in-process',1.54578336016129469498e-01,1.78436192014487460255e-01,'complete','',3,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(18,1,'host-6763-9ba95304/task-1','in-process',2.50362158007192192599e-01,0.266577207006776,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(19,1,'host-6763-9ba95304/task-2','in-process',2.68148425006074830889e-01,2.69527509004547027871e-01,'interrupted','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(19,2,'host-6763-c0d09d2b/0','in-process',2.89121796060499036684e-01,2.91889865060511510819e-01,'worker_crash','attempt 2 lost (worker_crash): ',NULL,-11,'Fatal Python error: Segmentation fault
  File "train.py", line 9
');
INSERT INTO "rtl_attempts" VALUES(20,1,'host-6763-c0d09d2b/1','in-process',2.90722981058934237807e-01,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(22,1,'host-6763-047aae43/task-1','in-process',2.11267693630361463874e-02,2.8450665366108296439e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(23,1,'host-6763-047aae43/task-2','in-process',0.0307026993650652,3.21615433640545234084e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(24,1,'host-6763-047aae43/task-3','in-process',3.29189183648850303143e-02,3.41066273649630602449e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(25,1,'host-6763-047aae43/task-4','in-process',3.49605393639649264514e-02,3.97897943657881114631e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(26,1,'host-6763-047aae43/task-5','in-process',4.05016783661267254501e-02,4.17910473661322612315e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(27,1,'host-6763-047aae43/task-6','in-process',0.0424645403654722,4.37450273639115039259e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(28,1,'host-6763-047aae43/task-7','in-process',4.45025793633249122649e-02,4.57470263645518571138e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(29,1,'host-6763-047aae43/task-8','in-process',4.64226103649707511067e-02,4.90031293629726860672e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(30,1,'host-6763-56bbd4a4/task-1','in-process',2.20621290900453459471e-02,2.46161780924012418836e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(31,1,'host-6763-56bbd4a4/task-2','in-process',2.70077010900422465056e-02,2.80081590899499133229e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 111, in cell
    raise ValueError("odd")
ValueError: odd
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(32,1,'host-6763-56bbd4a4/task-3','in-process',2.94417530894861556589e-02,3.01177980909415055066e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 111, in cell
    raise ValueError("odd")
ValueError: odd
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(33,1,'host-6763-56bbd4a4/task-4','in-process',3.10321210927213542163e-02,0.031564743090712,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(34,1,'host-6763-660d7e30/0','in-process',5.01761277664627414196e-02,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(35,1,'host-6763-660d7e30/1','in-process',5.22539727680850774049e-02,5.27193507659831084311e-02,'exception','told FAIL by the user',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(36,1,'host-6763-45f970d5/task-1','in-process',2.16587647373671643435e-02,2.45540507385157980024e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(37,1,'host-6763-45f970d5/task-2','in-process',2.69610417381045408546e-02,2.7521915737452218309e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(38,1,'host-6763-6eba1564/task-1','in-process',2.15801735721470322459e-02,2.44044275714259129017e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(39,1,'host-6763-6eba1564/task-2','in-process',2.73260345711605623364e-02,2.80959615702158771455e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(40,1,'host-6763-ae13bb18/0','in-process',4.54910105581802781671e-02,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(45,1,'host-6763-71644af6/task-1','in-process',8.88295843942614737898e-02,9.07392023946158587932e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(46,1,'host-6763-71644af6/task-2','in-process',9.37830403927364386618e-02,0.0944924873947457,'complete','',NULL,NULL,NULL);
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
INSERT INTO "rtl_epochs" VALUES(1,5,'','process 6763 on host (run host-6763-c0d09d2b)','host boot pid:[1]',6763,'2733181',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(2,1,'','process 6763 on host (run host-6763-047aae43)','host boot pid:[1]',6763,'2733181',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(3,2,'','process 6763 on host (run host-6763-660d7e30)','host boot pid:[1]',6763,'2733181',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(4,1,'','process 6763 on host (run host-6763-45f970d5)','host boot pid:[1]',6763,'2733181',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(5,2,'','process 6763 on host (run host-6763-ae13bb18)','host boot pid:[1]',6763,'2733181',0.0,NULL);
INSERT INTO "rtl_epochs" VALUES(6,1,'','process 6763 on host (run host-6763-71644af6)','host boot pid:[1]',6763,'2733181',0.0,NULL);
CREATE TABLE rtl_events (
	study_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	at FLOAT NOT NULL, 
	json TEXT NOT NULL, 
	PRIMARY KEY (study_id, seq), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_events" VALUES(1,1,1,2.29799785702198278158e-02,'{"_":"RunStarted","run":"host-6763-7e6a5063","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(1,2,1,2.38093175685207825154e-02,'{"_":"TrialEnqueued","params":[["lr","0.5"]],"user_attrs":[["why","\"a guess\""]],"key":"85b9dd20595d47f5afd11d50bb82c7dc"}');
INSERT INTO "rtl_events" VALUES(1,3,1,2.61034655704861506819e-02,'{"_":"TrialAdded","number":null,"state":1,"values":[0.25],"params":[{"_":"ParamValue","name":"lr","value":0.25,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}],"reports":[[1,[0.5]]],"user_attrs":[],"system_attrs":[],"imported":false,"key":"7c63f1fb1992423f96335081a9356676"}');
INSERT INTO "rtl_events" VALUES(1,4,1,2.88907965696125756949e-02,'{"_":"TrialAdded","number":null,"state":3,"values":null,"params":[],"reports":[],"user_attrs":[],"system_attrs":[],"imported":false,"key":"aec81afb779146a0a5aeef34833f8165"}');
INSERT INTO "rtl_events" VALUES(1,5,2,4.24228890151425730437e-02,'{"_":"RunStarted","run":"host-6763-f72848cd","n_trials":14,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 1, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(1,6,2,4.32302400149637833237e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,7,2,4.33506110130110755562e-02,'{"_":"Suggested","number":0,"params":[],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(1,8,2,5.28032570146024227142e-02,'{"_":"Reported","number":0,"attempt":1,"progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}]}}');
INSERT INTO "rtl_events" VALUES(1,9,2,5.3880462015513330698e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},"seen":8}');
INSERT INTO "rtl_events" VALUES(1,10,2,5.43211300137045327574e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},"seen":9}');
INSERT INTO "rtl_events" VALUES(1,11,2,5.46224070130847394466e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"momentum","value":0.2,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}},"seen":10}');
INSERT INTO "rtl_events" VALUES(1,12,2,5.7752800013986416161e-02,'{"_":"Reported","number":0,"attempt":1,"progress":{"_":"Progress","reports":[[1,[3.5]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 0}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00000/attempt-1/step-1","digest":"8acaa7141468b64ad67012569ccae58a4172435a8f578207a787bc81d6c1d201","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,13,2,0.06102056101372,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,14,2,6.24373630162153858691e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,15,2,6.25417830160586163401e-02,'{"_":"Suggested","number":3,"params":[{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.1,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":14,"note":""}');
INSERT INTO "rtl_events" VALUES(1,16,2,6.43907950143329799175e-02,'{"_":"AttemptEnded","number":3,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 3}"]],"constraints":[["memory",-1.0]],"order":1},"values":null,"failure":{"_":"Failure","error":"TrialInvalid: no such network","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 40, in train\n    raise rtl.TrialInvalid(\"no such network\")\nraytune_lite.exceptions.TrialInvalid: no such network\n","kind":"invalid","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,17,2,0.0658414620156691,'{"_":"Claimed","slot":"host-6763-f72848cd/task-3","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,18,2,6.59281020161870401352e-02,'{"_":"Suggested","number":4,"params":[{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":17,"note":""}');
INSERT INTO "rtl_events" VALUES(1,19,2,0.0669957310128666,'{"_":"AttemptEnded","number":4,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 4}"]],"constraints":[["memory",0.5]],"order":1},"values":null,"failure":{"_":"Failure","error":"ValueError: diverged \u00fc \ud83d\ude80","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,20,2,6.78833150159334763884e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-4","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,21,2,6.85770040145143866539e-02,'{"_":"AttemptEnded","number":4,"attempt":2,"outcome":"fail","progress":{"_":"Progress","user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 4}"]],"order":1},"values":null,"failure":{"_":"Failure","error":"ValueError: diverged \u00fc \ud83d\ude80","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,22,2,6.94503910162893589586e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-5","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,23,2,6.95133060144144110381e-02,'{"_":"Suggested","number":5,"params":[{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":22,"note":""}');
INSERT INTO "rtl_events" VALUES(1,24,2,7.06964310156763531267e-02,'{"_":"AttemptEnded","number":5,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"constraints":[["memory",-1.0]],"order":1},"values":null,"failure":{"_":"Failure","error":"MemoryError: ","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 44, in train\n    raise MemoryError\nMemoryError\n","kind":"out_of_memory","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,25,2,7.15318160146125592291e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-6","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,26,2,7.42797830134804826229e-02,'{"_":"Reported","number":5,"attempt":2,"progress":{"_":"Progress","reports":[[1,[3.010330193076303]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":2,"uri":"trial-00005/attempt-2/step-1","digest":"91eba13bf0391f33bd05f16aafd692e97db119cb452acc0df547666068eb8145","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,27,2,7.50035860146454069763e-02,'{"_":"AttemptEnded","number":5,"attempt":2,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,28,2,0.0756467260143836,'{"_":"Claimed","slot":"host-6763-f72848cd/task-7","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,29,2,7.5724341015302343294e-02,'{"_":"Suggested","number":6,"params":[{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.2,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":28,"note":""}');
INSERT INTO "rtl_events" VALUES(1,30,2,7.83197560158441774547e-02,'{"_":"Reported","number":6,"attempt":1,"progress":{"_":"Progress","reports":[[1,[Infinity]]],"params":[{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 6}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00006/attempt-1/step-1","digest":"2050ba9e8456d20e4705d0f57dfd8ac6ca12f13f4e89ad5efe44b64366a35886","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,31,2,7.92990330155589617788e-02,'{"_":"AttemptEnded","number":6,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,32,2,8.18024010150111280381e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-8","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,33,2,8.46771640135557390749e-02,'{"_":"Reported","number":5,"attempt":3,"progress":{"_":"Progress","reports":[[2,[1.5103301930763033]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":3,"uri":"trial-00005/attempt-3/step-2","digest":"b32f9ffb811ad17d093307d0f5ea55d413f0e771bc749e6e7308f41a56e10558","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,34,2,8.67807140130025800317e-02,'{"_":"Reported","number":5,"attempt":3,"progress":{"_":"Progress","reports":[[3,[1.0103301930763033]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":3,"uri":"trial-00005/attempt-3/step-3","digest":"63131d0adb1c3b6face4ad5e175ec13d9ef1075a058eb00563ec1eca395dafb3","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,35,2,8.75099660152045544236e-02,'{"_":"AttemptEnded","number":5,"attempt":3,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,36,2,0.0887577910143591,'{"_":"Claimed","slot":"host-6763-f72848cd/task-9","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,37,2,8.88375730137340724468e-02,'{"_":"Suggested","number":7,"params":[{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":36,"note":""}');
INSERT INTO "rtl_events" VALUES(1,38,2,9.15016000144532881677e-02,'{"_":"Reported","number":7,"attempt":1,"progress":{"_":"Progress","reports":[[1,[NaN]]],"params":[{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 7}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00007/attempt-1/step-1","digest":"bf73f0703d86f0935784b0d34bf2299177003e71b91a8a07ccbf84f2c985ecd5","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,39,2,9.2531196012714644894e-02,'{"_":"AttemptEnded","number":7,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,40,2,9.37812750162265729159e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-10","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,41,2,9.38430800160858780145e-02,'{"_":"Suggested","number":8,"params":[{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":40,"note":""}');
INSERT INTO "rtl_events" VALUES(1,42,2,9.51487990132591221481e-02,'{"_":"AttemptEnded","number":8,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 8}"]],"constraints":[["memory",0.5]],"order":1},"values":null,"failure":{"_":"Failure","error":"NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.","traceback":"Traceback (most recent call last):\n  File \"runtime/attempt.py\", line 98, in check_values\n    raise NonFiniteResult(f\"the objective returned {shown(result)}: NaN is not a result, so the trial is FAIL.\")\nraytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.\n","kind":"non_finite","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,43,2,9.6146930012764642015e-02,'{"_":"Claimed","slot":"host-6763-f72848cd/task-11","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,44,2,9.6279501012759283185e-02,'{"_":"Suggested","number":9,"params":[{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.30000000000000004,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":43,"note":""}');
INSERT INTO "rtl_events" VALUES(1,45,2,9.88497100152017083019e-02,'{"_":"Reported","number":9,"attempt":1,"progress":{"_":"Progress","reports":[[1,[3.0028402277067565]]],"params":[{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.30000000000000004,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 9}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00009/attempt-1/step-1","digest":"f4d666cda1e82fb4b28798cb3626f628c3a79784902afedc6394b997198ff74b","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,46,2,1.01535369012708542868e-01,'{"_":"Reported","number":9,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.5028402277067565]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00009/attempt-1/step-2","digest":"2a1debfb2cdb770a6d2c9598026c11486d7181f59770aeb78d3afa90fd0f1dbf","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,47,2,1.03737097015255130827e-01,'{"_":"Reported","number":9,"attempt":1,"progress":{"_":"Progress","reports":[[3,[1.0028402277067565]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00009/attempt-1/step-3","digest":"5a5fd1d342bd2544790293fb206f4719f0be284bc96a22ed3ea30329772bfcaf","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,48,2,1.04965075013751629739e-01,'{"_":"AttemptEnded","number":9,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,49,2,1.05625489013618789613e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-12","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,50,2,1.05699921015911968424e-01,'{"_":"Suggested","number":10,"params":[{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.9,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":49,"note":""}');
INSERT INTO "rtl_events" VALUES(1,51,2,1.08410113014542730525e-01,'{"_":"Reported","number":10,"attempt":1,"progress":{"_":"Progress","reports":[[1,[3.1191549417176163]]],"params":[{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.9,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 10}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00010/attempt-1/step-1","digest":"7b81b6440ef9acf965d398921cbb4793282126ab604ad195b0097a0668ce8363","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,52,2,1.09536234012921340763e-01,'{"_":"AttemptEnded","number":10,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,53,2,1.10348516012891195714e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-13","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,54,2,1.10412200014252448454e-01,'{"_":"Suggested","number":11,"params":[{"_":"ParamValue","name":"lr","value":0.2014370729386812,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":53,"note":""}');
INSERT INTO "rtl_events" VALUES(1,55,2,1.12908700015395879745e-01,'{"_":"Reported","number":11,"attempt":1,"progress":{"_":"Progress","reports":[[1,[2.201437072938681]]],"params":[{"_":"ParamValue","name":"lr","value":0.2014370729386812,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 11}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00011/attempt-1/step-1","digest":"a2ec4bef1b9b0b77ee26ed822e4386ac91b849368b3caa40bd71d049f20d679f","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,56,2,1.15094354016036959365e-01,'{"_":"Reported","number":11,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.2014370729386812]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00011/attempt-1/step-2","digest":"5058c593ea28afa8d758e40581dbb9487bdcd29edac188de1b6699fd260eb062","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,57,2,1.17210169013560516759e-01,'{"_":"Reported","number":11,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.8681037396053478]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00011/attempt-1/step-3","digest":"a11f3246bbb74799b51dcb29206e491d8e34f43dfe8f8522cb76ff57d52b6080","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,58,2,1.18367378014227142557e-01,'{"_":"AttemptEnded","number":11,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,59,2,1.19051212015619967132e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-14","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,60,2,1.19106095015013124793e-01,'{"_":"Suggested","number":12,"params":[{"_":"ParamValue","name":"lr","value":0.0009229993421406535,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.6000000000000001,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":59,"note":""}');
INSERT INTO "rtl_events" VALUES(1,61,2,1.21592787014378700405e-01,'{"_":"Reported","number":12,"attempt":1,"progress":{"_":"Progress","reports":[[1,[4.000922999342141]]],"params":[{"_":"ParamValue","name":"lr","value":0.0009229993421406535,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 12}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00012/attempt-1/step-1","digest":"e036f3ac09becb616e899d4a05a9c24d5162db42e2975a89b2fe1cb975b9eb25","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,62,2,1.22578474012698279693e-01,'{"_":"AttemptEnded","number":12,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,63,2,1.23219587014318676665e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-15","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,64,2,1.23276865015213843435e-01,'{"_":"Suggested","number":13,"params":[{"_":"ParamValue","name":"lr","value":0.01813208306879885,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":63,"note":""}');
INSERT INTO "rtl_events" VALUES(1,65,2,1.25729248014977201819e-01,'{"_":"Reported","number":13,"attempt":1,"progress":{"_":"Progress","reports":[[1,[4.0181320830687985]]],"params":[{"_":"ParamValue","name":"lr","value":0.01813208306879885,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 13}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00013/attempt-1/step-1","digest":"c031469ae6dcf1481c01969076500fb773b12e7f48500d49fb87930cf36d3c79","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,66,2,1.28760035015147877857e-01,'{"_":"AttemptEnded","number":13,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,67,2,1.29437105013494146987e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-16","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,68,2,1.29498544014495564624e-01,'{"_":"Suggested","number":14,"params":[{"_":"ParamValue","name":"lr","value":0.008264882797275276,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":67,"note":""}');
INSERT INTO "rtl_events" VALUES(1,69,2,1.32378217014775145798e-01,'{"_":"Reported","number":14,"attempt":1,"progress":{"_":"Progress","reports":[[1,[4.008264882797275]]],"params":[{"_":"ParamValue","name":"lr","value":0.008264882797275276,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 14}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00014/attempt-1/step-1","digest":"f2f651dcb204f734436d2a18353f2afe0d98d844b9d41af780f5126be79ce091","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,70,2,1.33532494015526026487e-01,'{"_":"AttemptEnded","number":14,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,71,2,1.34390937015268718823e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-17","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,72,2,1.34461999015911715105e-01,'{"_":"Suggested","number":15,"params":[{"_":"ParamValue","name":"lr","value":0.005858919130008432,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":71,"note":""}');
INSERT INTO "rtl_events" VALUES(1,73,2,1.37156230015534674748e-01,'{"_":"Reported","number":15,"attempt":1,"progress":{"_":"Progress","reports":[[1,[1.0058589191300085]]],"params":[{"_":"ParamValue","name":"lr","value":0.005858919130008432,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 15}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00015/attempt-1/step-1","digest":"382b011c931ce2e9f6459da1e2921a001952fd79e99e441119d0cc4d8b9e171f","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,74,2,1.39490514015051303431e-01,'{"_":"Reported","number":15,"attempt":1,"progress":{"_":"Progress","reports":[[2,[0.5058589191300085]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00015/attempt-1/step-2","digest":"4e16837b8daeadaf3a35dc447b7cb9236185e5458424c2d0fea6a94752852402","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,75,2,1.4149860601537511684e-01,'{"_":"Reported","number":15,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.3391922524633417]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00015/attempt-1/step-3","digest":"573fdcaa58b207420ca83bb653e8a0387ef4a497d5dfe97280a8bd98b6913a26","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,76,2,1.44078032015386270359e-01,'{"_":"AttemptEnded","number":15,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,77,2,1.44969231016148114576e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-18","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,78,2,1.45035014014865737408e-01,'{"_":"Suggested","number":16,"params":[{"_":"ParamValue","name":"lr","value":0.0038263617517896443,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":77,"note":""}');
INSERT INTO "rtl_events" VALUES(1,79,2,1.47993505015620030462e-01,'{"_":"Reported","number":16,"attempt":1,"progress":{"_":"Progress","reports":[[1,[2.0038263617517895]]],"params":[{"_":"ParamValue","name":"lr","value":0.0038263617517896443,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 16}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00016/attempt-1/step-1","digest":"0e280080a3046c416797ec358e220aa9027b1dcaf78f1f6d45d522375ca17785","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,80,2,1.50428503013245062902e-01,'{"_":"Reported","number":16,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.0038263617517897]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00016/attempt-1/step-2","digest":"0dc65cdae8a59a50828f8e70b231edd788a525be45b9ad488317399fc1f12f2d","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,81,2,1.52594184015470091253e-01,'{"_":"Reported","number":16,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.6704930284184563]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00016/attempt-1/step-3","digest":"223f9a9d1a99fc6e6240318133894198f91429233a43c64d6c8f3e1d72dd61c1","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,82,2,1.5382993001549039036e-01,'{"_":"AttemptEnded","number":16,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,83,2,1.54578336016129469498e-01,'{"_":"Claimed","slot":"host-6763-f72848cd/task-19","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,84,2,1.57452495015604654327e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[4,[0.2558589191300084]]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 15}"]],"checkpoint":{"_":"CheckpointRef","step":4,"attempt":2,"uri":"trial-00015/attempt-2/step-4","digest":"504dd211f4f96a7bc5c465bc4dae84b027713c590db92782deead1e26c0a4214","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,85,2,1.60121224012982565909e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[5,[0.20585891913000845]]],"checkpoint":{"_":"CheckpointRef","step":5,"attempt":2,"uri":"trial-00015/attempt-2/step-5","digest":"b9a5dbd45930e4627c83bcda08d443d3472492e777b1442b0e636c18ee3b8636","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,86,2,1.62227371012704679742e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[6,[0.1725255857966751]]],"checkpoint":{"_":"CheckpointRef","step":6,"attempt":2,"uri":"trial-00015/attempt-2/step-6","digest":"6e85ed8d86807090a6091163e5db6281931f4449f04ff1115dacbe129ee8822e","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,87,2,1.64793550015019718557e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[7,[0.1487160619871513]]],"checkpoint":{"_":"CheckpointRef","step":7,"attempt":2,"uri":"trial-00015/attempt-2/step-7","digest":"cca11d923aeca72a56c95422aa0053d6832025df3829304bd7f8db05b8689d7d","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,88,2,0.168554664014664,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[8,[0.13085891913000844]]],"checkpoint":{"_":"CheckpointRef","step":8,"attempt":2,"uri":"trial-00015/attempt-2/step-8","digest":"891c654305b0c89b717fbc6a5200917dce1558228791c8556482fc790bfcaf11","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,89,2,1.75704357014183187857e-01,'{"_":"Reported","number":15,"attempt":2,"progress":{"_":"Progress","reports":[[9,[0.11697003024111954]]],"checkpoint":{"_":"CheckpointRef","step":9,"attempt":2,"uri":"trial-00015/attempt-2/step-9","digest":"64e66914f70fa5e04a510ed18c7db33df73ae5b1dcf380980f57caca6bcbafb0","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,90,2,1.78436192014487460255e-01,'{"_":"AttemptEnded","number":15,"attempt":2,"outcome":"complete","progress":{"_":"Progress"},"values":[0.005858919130008432],"failure":null}');
INSERT INTO "rtl_events" VALUES(1,91,2,1.82592845016188221052e-01,'{"_":"RunFinished","run":"host-6763-f72848cd"}');
INSERT INTO "rtl_events" VALUES(1,92,3,2.27344393901148578152e-01,'{"_":"RunStarted","run":"host-6763-0d79b351","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(1,93,3,2.28226677900238428264e-01,'{"_":"TrialEnqueued","params":[["depth","2"]],"user_attrs":[],"key":"59643c50eb6f4fcebdb5b2330671e461"}');
INSERT INTO "rtl_events" VALUES(1,94,4,2.4912937500630505383e-01,'{"_":"RunStarted","run":"host-6763-9ba95304","n_trials":6,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 1, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(1,95,4,2.50362158007192192599e-01,'{"_":"Claimed","slot":"host-6763-9ba95304/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,96,4,2.50444434004748472943e-01,'{"_":"Suggested","number":17,"params":[{"_":"ParamValue","name":"lr","value":0.01946129455290053,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":95,"note":""}');
INSERT INTO "rtl_events" VALUES(1,97,4,2.56501236006442923098e-01,'{"_":"Reported","number":17,"attempt":1,"progress":{"_":"Progress","reports":[[1,[2.0194612945529005]]],"params":[{"_":"ParamValue","name":"lr","value":0.01946129455290053,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 17}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00017/attempt-1/step-1","digest":"d5771c9a2ecb17cc30c0a83db3ec8dedf2900e07aecce08c8aaff4398eff60ee","size":11},"order":1}}');
INSERT INTO "rtl_events" VALUES(1,98,4,2.62465230007364880293e-01,'{"_":"Reported","number":17,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.0194612945529005]]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00017/attempt-1/step-2","digest":"92c14ebc4112389d1324a40e24751205344473a9c054bf908cf00fd78678cdbf","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,99,4,2.64807861007284373044e-01,'{"_":"Reported","number":17,"attempt":1,"progress":{"_":"Progress","reports":[[3,[0.6861279612195672]]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00017/attempt-1/step-3","digest":"05473be25f23ccc8f972aad9e5ea0de878c020e7cd04cefa497f5cd5daf7e221","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,100,4,0.266577207006776,'{"_":"AttemptEnded","number":17,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,101,4,2.68148425006074830889e-01,'{"_":"Claimed","slot":"host-6763-9ba95304/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,102,4,2.68232218008051859214e-01,'{"_":"Suggested","number":18,"params":[{"_":"ParamValue","name":"lr","value":0.0027954979370893736,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":101,"note":""}');
INSERT INTO "rtl_events" VALUES(1,103,4,2.69527509004547027871e-01,'{"_":"AttemptEnded","number":18,"attempt":1,"outcome":"interrupted","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.0027954979370893736,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 18}"]],"constraints":[["memory",0.5]],"order":1},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,104,5,2.88222938059334410354e-01,'{"_":"RunStarted","run":"host-6763-c0d09d2b","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(1,105,5,2.89121796060499036684e-01,'{"_":"Claimed","slot":"host-6763-c0d09d2b/0","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,106,5,2.90722981058934237807e-01,'{"_":"Claimed","slot":"host-6763-c0d09d2b/1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(1,107,5,2.9079531205934472382e-01,'{"_":"Suggested","number":19,"params":[{"_":"ParamValue","name":"lr","value":0.0012548588456892085,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":106,"note":""}');
INSERT INTO "rtl_events" VALUES(1,108,5,2.91889865060511510819e-01,'{"_":"AttemptLost","number":18,"attempt":2,"kind":"worker_crash","message":"","exit_code":-11,"stderr_tail":"Fatal Python error: Segmentation fault\n  File \"train.py\", line 9\n"}');
INSERT INTO "rtl_events" VALUES(1,109,5,2.93176628059882204979e-01,'{"_":"Reported","number":19,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.125]]],"params":[{"_":"ParamValue","name":"lr","value":0.0012548588456892085,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}]}}');
INSERT INTO "rtl_events" VALUES(1,110,5,2.95764266058540670201e-01,'{"_":"TrialEnqueued","params":[["lr","0.75"],["depth","3"]],"user_attrs":[],"key":"aab68704acfa49e6827d4ca0bcb83c70"}');
INSERT INTO "rtl_events" VALUES(2,1,1,1.99849503660516347736e-02,'{"_":"RunStarted","run":"host-6763-047aae43","n_trials":8,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"stop\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(2,2,1,2.11267693630361463874e-02,'{"_":"Claimed","slot":"host-6763-047aae43/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,3,1,2.12759313653805293142e-02,'{"_":"Suggested","number":0,"params":[],"seen":2,"note":""}');
INSERT INTO "rtl_events" VALUES(2,4,1,2.5485986363491974771e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"x","value":0.5829406018615241,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(2,5,1,2.61987333651632070541e-02,'{"_":"Reported","number":0,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.5829406018615241]]]}}');
INSERT INTO "rtl_events" VALUES(2,6,1,2.7796714362921193242e-02,'{"_":"Reported","number":0,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.1658812037230482]],[3,[1.7488218055845723]]]}}');
INSERT INTO "rtl_events" VALUES(2,7,1,2.8450665366108296439e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[4,[2.3317624074460963]],[5,[2.9147030093076203]],[6,[3.4976436111691447]],[7,[4.080584213030669]],[8,[4.663524814892193]],[9,[5.246465416753717]]]},"values":[0.5829406018615241],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,8,1,0.0307026993650652,'{"_":"Claimed","slot":"host-6763-047aae43/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,9,1,3.07738753654120955616e-02,'{"_":"Suggested","number":1,"params":[{"_":"ParamValue","name":"x","value":0.28944593395683227,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":8,"note":""}');
INSERT INTO "rtl_events" VALUES(2,10,1,3.14115723631402943283e-02,'{"_":"Reported","number":1,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.28944593395683227]]],"params":[{"_":"ParamValue","name":"x","value":0.28944593395683227,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,11,1,3.21615433640545234084e-02,'{"_":"AttemptEnded","number":1,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,12,1,3.29189183648850303143e-02,'{"_":"Claimed","slot":"host-6763-047aae43/task-3","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,13,1,3.29812993659288622438e-02,'{"_":"Suggested","number":2,"params":[{"_":"ParamValue","name":"x","value":0.43350950579294734,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":12,"note":""}');
INSERT INTO "rtl_events" VALUES(2,14,1,3.34465413652651477605e-02,'{"_":"Reported","number":2,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.43350950579294734]]],"params":[{"_":"ParamValue","name":"x","value":0.43350950579294734,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,15,1,3.41066273649630602449e-02,'{"_":"AttemptEnded","number":2,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,16,1,3.49605393639649264514e-02,'{"_":"Claimed","slot":"host-6763-047aae43/task-4","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,17,1,3.50468293654557783156e-02,'{"_":"Suggested","number":3,"params":[{"_":"ParamValue","name":"x","value":0.82854920820867,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":16,"note":""}');
INSERT INTO "rtl_events" VALUES(2,18,1,3.5572876364312833175e-02,'{"_":"Reported","number":3,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.82854920820867]]],"params":[{"_":"ParamValue","name":"x","value":0.82854920820867,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,19,1,3.89775743642530869692e-02,'{"_":"Reported","number":3,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.65709841641734]],[3,[2.4856476246260097]]]}}');
INSERT INTO "rtl_events" VALUES(2,20,1,3.97897943657881114631e-02,'{"_":"AttemptEnded","number":3,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[4,[3.31419683283468]],[5,[4.14274604104335]],[6,[4.9712952492520195]],[7,[5.79984445746069]],[8,[6.62839366566936]],[9,[7.456942873878029]]]},"values":[0.82854920820867],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,21,1,4.05016783661267254501e-02,'{"_":"Claimed","slot":"host-6763-047aae43/task-5","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,22,1,4.05688593637023586779e-02,'{"_":"Suggested","number":4,"params":[{"_":"ParamValue","name":"x","value":0.34466871961459433,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":21,"note":""}');
INSERT INTO "rtl_events" VALUES(2,23,1,4.10202693637984339147e-02,'{"_":"Reported","number":4,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.34466871961459433]]],"params":[{"_":"ParamValue","name":"x","value":0.34466871961459433,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,24,1,4.17910473661322612315e-02,'{"_":"AttemptEnded","number":4,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,25,1,0.0424645403654722,'{"_":"Claimed","slot":"host-6763-047aae43/task-6","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,26,1,4.25220593642734456807e-02,'{"_":"Suggested","number":5,"params":[{"_":"ParamValue","name":"x","value":0.15807101742636742,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":25,"note":""}');
INSERT INTO "rtl_events" VALUES(2,27,1,4.30260613647988066077e-02,'{"_":"Reported","number":5,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.15807101742636742]]],"params":[{"_":"ParamValue","name":"x","value":0.15807101742636742,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,28,1,4.37450273639115039259e-02,'{"_":"AttemptEnded","number":5,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,29,1,4.45025793633249122649e-02,'{"_":"Claimed","slot":"host-6763-047aae43/task-7","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,30,1,4.45609043636068236082e-02,'{"_":"Suggested","number":6,"params":[{"_":"ParamValue","name":"x","value":0.2509801085807767,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":29,"note":""}');
INSERT INTO "rtl_events" VALUES(2,31,1,4.50270253641065210103e-02,'{"_":"Reported","number":6,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.2509801085807767]]],"params":[{"_":"ParamValue","name":"x","value":0.2509801085807767,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,32,1,4.57470263645518571138e-02,'{"_":"AttemptEnded","number":6,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,33,1,4.64226103649707511067e-02,'{"_":"Claimed","slot":"host-6763-047aae43/task-8","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(2,34,1,4.66928933637973386794e-02,'{"_":"Suggested","number":7,"params":[{"_":"ParamValue","name":"x","value":0.7111017090209087,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":33,"note":""}');
INSERT INTO "rtl_events" VALUES(2,35,1,4.71426953627087641507e-02,'{"_":"Reported","number":7,"attempt":1,"progress":{"_":"Progress","reports":[[1,[0.7111017090209087]]],"params":[{"_":"ParamValue","name":"x","value":0.7111017090209087,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,36,1,4.81233573627832811325e-02,'{"_":"Reported","number":7,"attempt":1,"progress":{"_":"Progress","reports":[[2,[1.4222034180418175]],[3,[2.133305127062726]]]}}');
INSERT INTO "rtl_events" VALUES(2,37,1,4.90031293629726860672e-02,'{"_":"AttemptEnded","number":7,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(3,1,1,2.118825408979319036e-02,'{"_":"RunStarted","run":"host-6763-56bbd4a4","n_trials":4,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [1, -1]}, \"seed\": 0, \"max_failures\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(3,2,1,2.20621290900453459471e-02,'{"_":"Claimed","slot":"host-6763-56bbd4a4/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,3,1,2.46161780924012418836e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":[-1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(3,4,1,2.70077010900422465056e-02,'{"_":"Claimed","slot":"host-6763-56bbd4a4/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,5,1,2.80081590899499133229e-02,'{"_":"AttemptEnded","number":1,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":null,"failure":{"_":"Failure","error":"ValueError: odd","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(3,6,1,2.94417530894861556589e-02,'{"_":"Claimed","slot":"host-6763-56bbd4a4/task-3","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,7,1,3.01177980909415055066e-02,'{"_":"AttemptEnded","number":2,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":null,"failure":{"_":"Failure","error":"ValueError: odd","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(3,8,1,3.10321210927213542163e-02,'{"_":"Claimed","slot":"host-6763-56bbd4a4/task-4","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,9,1,0.031564743090712,'{"_":"AttemptEnded","number":3,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":[2.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(3,10,2,4.96041707665426656603e-02,'{"_":"RunStarted","run":"host-6763-660d7e30","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [1, -1]}, \"seed\": 0, \"max_failures\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(3,11,2,5.01761277664627414196e-02,'{"_":"Claimed","slot":"host-6763-660d7e30/0","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,12,2,5.22539727680850774049e-02,'{"_":"Claimed","slot":"host-6763-660d7e30/1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(3,13,2,5.27193507659831084311e-02,'{"_":"AttemptEnded","number":5,"attempt":1,"outcome":"fail","progress":{"_":"Progress"},"values":null,"failure":{"_":"Failure","error":"told FAIL by the user","traceback":"","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(4,1,1,2.07715017386362887918e-02,'{"_":"RunStarted","run":"host-6763-45f970d5","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"BruteForceSampler\", \"max_failures\": 4, \"seed\": 3}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(4,2,1,2.16587647373671643435e-02,'{"_":"Claimed","slot":"host-6763-45f970d5/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(4,3,1,2.30543487377872224897e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"n","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},"seen":2}');
INSERT INTO "rtl_events" VALUES(4,4,1,2.38493657379876822233e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"deep","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a","b"]}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(4,5,1,2.45540507385157980024e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress"},"values":[0.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(4,6,1,2.69610417381045408546e-02,'{"_":"Claimed","slot":"host-6763-45f970d5/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(4,7,1,2.7521915737452218309e-02,'{"_":"AttemptEnded","number":1,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"n","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"deep","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a","b"]}}}]},"values":[1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,1,1,2.06088965715025551617e-02,'{"_":"RunStarted","run":"host-6763-6eba1564","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 4}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(5,2,1,2.15801735721470322459e-02,'{"_":"Claimed","slot":"host-6763-6eba1564/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(5,3,1,2.16834575730899814516e-02,'{"_":"Suggested","number":0,"params":[],"seen":2,"note":""}');
INSERT INTO "rtl_events" VALUES(5,4,1,2.35768525708408560603e-02,'{"_":"ParamSet","number":0,"attempt":1,"param":{"_":"ParamValue","name":"x","value":0.34507294574332126,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(5,5,1,2.44044275714259129017e-02,'{"_":"AttemptEnded","number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[0,[1.0,Infinity]],[1,[0.5,Infinity]],[2,[0.3333333333333333,Infinity]]]},"values":[0.34507294574332126,Infinity],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,6,1,2.73260345711605623364e-02,'{"_":"Claimed","slot":"host-6763-6eba1564/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(5,7,1,2.74023985730309505015e-02,'{"_":"Suggested","number":1,"params":[{"_":"ParamValue","name":"x","value":0.23422076668391079,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(5,8,1,2.80959615702158771455e-02,'{"_":"AttemptEnded","number":1,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[0,[1.0,Infinity]],[1,[0.5,Infinity]],[2,[0.3333333333333333,Infinity]]],"params":[{"_":"ParamValue","name":"x","value":0.23422076668391079,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.23422076668391079,Infinity],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,9,2,0.0448321445583133,'{"_":"RunStarted","run":"host-6763-ae13bb18","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 4}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(5,10,2,4.54910105581802781671e-02,'{"_":"Claimed","slot":"host-6763-ae13bb18/0","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(5,11,2,4.55621605578926391899e-02,'{"_":"Suggested","number":2,"params":[{"_":"ParamValue","name":"x","value":0.19488459425754467,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":10,"note":""}');
INSERT INTO "rtl_events" VALUES(6,1,1,8.71840873951441608369e-02,'{"_":"TrialAdded","number":0,"state":1,"values":[0.22199317108973948],"params":[{"_":"ParamValue","name":"x","value":0.22199317108973948,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[[1,[0.5]]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,2,1,8.7268023395154159516e-02,'{"_":"TrialAdded","number":1,"state":2,"values":[0.5],"params":[],"reports":[[1,[0.5]]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,3,1,8.72926823940360918641e-02,'{"_":"TrialAdded","number":2,"state":1,"values":[0.8707323061773764],"params":[{"_":"ParamValue","name":"x","value":0.8707323061773764,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[[1,[0.5]]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,4,1,8.73141943920927587896e-02,'{"_":"TrialAdded","number":3,"state":0,"values":null,"params":[{"_":"ParamValue","name":"x","value":0.20671915533942642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[],"user_attrs":[],"system_attrs":[],"imported":true,"key":null}');
INSERT INTO "rtl_events" VALUES(6,5,1,8.73227703923475928604e-02,'{"_":"RunStarted","run":"host-6763-71644af6","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 6}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"checkpoint_corrupt\": 2, \"checkpoint_disk\": [null, 10.0], \"abort_after\": 10}","checkpoints_kept":2,"keeps_resumed":true,"held":[]}');
INSERT INTO "rtl_events" VALUES(6,6,1,8.88295843942614737898e-02,'{"_":"Claimed","slot":"host-6763-71644af6/task-1","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(6,7,1,8.89472653943812474608e-02,'{"_":"Suggested","number":4,"params":[{"_":"ParamValue","name":"x","value":0.11937485040618034,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(6,8,1,9.07392023946158587932e-02,'{"_":"AttemptEnded","number":4,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":0.11937485040618034,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.11937485040618034],"failure":null}');
INSERT INTO "rtl_events" VALUES(6,9,1,9.37830403927364386618e-02,'{"_":"Claimed","slot":"host-6763-71644af6/task-2","node":"in-process","pid":null,"prefetched":false}');
INSERT INTO "rtl_events" VALUES(6,10,1,9.38573153944162186235e-02,'{"_":"Suggested","number":5,"params":[{"_":"ParamValue","name":"x","value":0.9418218126912682,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":9,"note":""}');
INSERT INTO "rtl_events" VALUES(6,11,1,0.0944924873947457,'{"_":"AttemptEnded","number":5,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":0.9418218126912682,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.9418218126912682],"failure":null}');
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
INSERT INTO "rtl_slots" VALUES(1,'67419a9b27077c3cbb3c74b1798dd482dcd89353f65cd1bfe143374ded07a4ce',20,1);
INSERT INTO "rtl_slots" VALUES(3,'047f2a7616725479764e9f2968840cf68a34b577170ba7a8362001390f1043e6',34,1);
INSERT INTO "rtl_slots" VALUES(5,'26eb088bd60250368164cc0b93cd2af15583c3c798d8bf1b69d065d5a40079c5',40,1);
CREATE TABLE rtl_studies (
	study_id INTEGER NOT NULL, 
	created FLOAT NOT NULL, 
	specs TEXT NOT NULL, 
	PRIMARY KEY (study_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_studies" VALUES(1,1.79597492156200122829e+09,'{}');
INSERT INTO "rtl_studies" VALUES(2,1.79597492186700844764e+09,'{}');
INSERT INTO "rtl_studies" VALUES(3,1.7959749219259903431e+09,'{}');
INSERT INTO "rtl_studies" VALUES(4,1.79597492199201297759e+09,'{}');
INSERT INTO "rtl_studies" VALUES(5,1.795974922027015686e+09,'{}');
INSERT INTO "rtl_studies" VALUES(6,1.79597492231627202038e+09,'{}');
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
INSERT INTO "rtl_version" VALUES(1,3);
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
INSERT INTO "trial_system_attributes" VALUES(11,9,'rtl:failure','{"error": "NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.", "traceback": "Traceback (most recent call last):\n  File \"runtime/attempt.py\", line 98, in check_values\n    raise NonFiniteResult(f\"the objective returned {shown(result)}: NaN is not a result, so the trial is FAIL.\")\nraytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.\n"}');
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
INSERT INTO "trials" VALUES(1,0,1,'PRUNED','2026-11-29 17:55:21.605232','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-29 17:55:21.588105','2026-11-29 17:55:21.588105');
INSERT INTO "trials" VALUES(3,2,1,'FAIL','2026-11-29 17:55:21.590892','2026-11-29 17:55:21.590892');
INSERT INTO "trials" VALUES(4,3,1,'FAIL','2026-11-29 17:55:21.624439','2026-11-29 17:55:21.626392');
INSERT INTO "trials" VALUES(5,4,1,'FAIL','2026-11-29 17:55:21.627843','2026-11-29 17:55:21.630578');
INSERT INTO "trials" VALUES(6,5,1,'PRUNED','2026-11-29 17:55:21.631452','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(7,6,1,'PRUNED','2026-11-29 17:55:21.637648','2026-11-29 17:55:21.641300');
INSERT INTO "trials" VALUES(8,7,1,'PRUNED','2026-11-29 17:55:21.650759','2026-11-29 17:55:21.654532');
INSERT INTO "trials" VALUES(9,8,1,'FAIL','2026-11-29 17:55:21.655782','2026-11-29 17:55:21.657150');
INSERT INTO "trials" VALUES(10,9,1,'PRUNED','2026-11-29 17:55:21.658148','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(11,10,1,'PRUNED','2026-11-29 17:55:21.667627','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(12,11,1,'PRUNED','2026-11-29 17:55:21.672350','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(13,12,1,'PRUNED','2026-11-29 17:55:21.681052','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(14,13,1,'PRUNED','2026-11-29 17:55:21.685221','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(15,14,1,'PRUNED','2026-11-29 17:55:21.691438','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(16,15,1,'COMPLETE','2026-11-29 17:55:21.696392','2026-11-29 17:55:21.740438');
INSERT INTO "trials" VALUES(17,16,1,'PRUNED','2026-11-29 17:55:21.706970','2026-11-29 17:55:21.744594');
INSERT INTO "trials" VALUES(18,17,1,'RUNNING','2026-11-29 17:55:21.812363',NULL);
INSERT INTO "trials" VALUES(19,18,1,'RUNNING','2026-11-29 17:55:21.830150',NULL);
INSERT INTO "trials" VALUES(20,19,1,'RUNNING','2026-11-29 17:55:21.852724',NULL);
INSERT INTO "trials" VALUES(21,20,1,'WAITING',NULL,NULL);
INSERT INTO "trials" VALUES(22,0,2,'COMPLETE','2026-11-29 17:55:21.888135','2026-11-29 17:55:21.895459');
INSERT INTO "trials" VALUES(23,1,2,'PRUNED','2026-11-29 17:55:21.897711','2026-11-29 17:55:21.899170');
INSERT INTO "trials" VALUES(24,2,2,'PRUNED','2026-11-29 17:55:21.899927','2026-11-29 17:55:21.901115');
INSERT INTO "trials" VALUES(25,3,2,'COMPLETE','2026-11-29 17:55:21.901969','2026-11-29 17:55:21.906798');
INSERT INTO "trials" VALUES(26,4,2,'PRUNED','2026-11-29 17:55:21.907510','2026-11-29 17:55:21.908799');
INSERT INTO "trials" VALUES(27,5,2,'PRUNED','2026-11-29 17:55:21.909473','2026-11-29 17:55:21.910753');
INSERT INTO "trials" VALUES(28,6,2,'PRUNED','2026-11-29 17:55:21.911511','2026-11-29 17:55:21.912755');
INSERT INTO "trials" VALUES(29,7,2,'PRUNED','2026-11-29 17:55:21.913431','2026-11-29 17:55:21.916012');
INSERT INTO "trials" VALUES(30,0,3,'COMPLETE','2026-11-29 17:55:21.948052','2026-11-29 17:55:21.950607');
INSERT INTO "trials" VALUES(31,1,3,'FAIL','2026-11-29 17:55:21.952998','2026-11-29 17:55:21.953999');
INSERT INTO "trials" VALUES(32,2,3,'FAIL','2026-11-29 17:55:21.955432','2026-11-29 17:55:21.956108');
INSERT INTO "trials" VALUES(33,3,3,'COMPLETE','2026-11-29 17:55:21.957022','2026-11-29 17:55:21.957555');
INSERT INTO "trials" VALUES(34,4,3,'RUNNING','2026-11-29 17:55:21.976166',NULL);
INSERT INTO "trials" VALUES(35,5,3,'FAIL','2026-11-29 17:55:21.978244','2026-11-29 17:55:21.978710');
INSERT INTO "trials" VALUES(36,0,4,'COMPLETE','2026-11-29 17:55:22.013672','2026-11-29 17:55:22.016567');
INSERT INTO "trials" VALUES(37,1,4,'COMPLETE','2026-11-29 17:55:22.018974','2026-11-29 17:55:22.019535');
INSERT INTO "trials" VALUES(38,0,5,'COMPLETE','2026-11-29 17:55:22.048596','2026-11-29 17:55:22.051420');
INSERT INTO "trials" VALUES(39,1,5,'COMPLETE','2026-11-29 17:55:22.054342','2026-11-29 17:55:22.055112');
INSERT INTO "trials" VALUES(40,2,5,'RUNNING','2026-11-29 17:55:22.072507',NULL);
INSERT INTO "trials" VALUES(41,0,6,'COMPLETE','2026-11-29 17:55:22.316272','2026-11-29 17:55:22.338546');
INSERT INTO "trials" VALUES(42,1,6,'PRUNED','2026-11-29 17:55:22.346415','2026-11-29 17:55:22.354985');
INSERT INTO "trials" VALUES(43,2,6,'COMPLETE','2026-11-29 17:55:22.360124','2026-11-29 17:55:22.369543');
INSERT INTO "trials" VALUES(44,3,6,'RUNNING','2026-11-29 17:55:22.373396',NULL);
INSERT INTO "trials" VALUES(45,4,6,'COMPLETE','2026-11-29 17:55:22.405102','2026-11-29 17:55:22.407011');
INSERT INTO "trials" VALUES(46,5,6,'COMPLETE','2026-11-29 17:55:22.410055','2026-11-29 17:55:22.410764');
INSERT INTO "trials" VALUES(47,6,6,'COMPLETE','2026-11-29 17:55:22.419445','2026-11-29 17:55:22.431586');
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
CREATE TRIGGER rtl_studies_deleted AFTER DELETE ON studies BEGIN DELETE FROM rtl_grid_cells WHERE study_id = OLD.study_id; DELETE FROM rtl_events WHERE study_id = OLD.study_id; DELETE FROM rtl_epochs WHERE study_id = OLD.study_id; DELETE FROM rtl_studies WHERE study_id = OLD.study_id; END;
CREATE TRIGGER rtl_trials_deleted AFTER DELETE ON trials BEGIN DELETE FROM rtl_reports WHERE trial_id = OLD.trial_id; DELETE FROM rtl_rungs WHERE trial_id = OLD.trial_id; DELETE FROM rtl_checkpoints WHERE trial_id = OLD.trial_id; DELETE FROM rtl_slots WHERE trial_id = OLD.trial_id; DELETE FROM rtl_attempts WHERE trial_id = OLD.trial_id; DELETE FROM rtl_trials WHERE trial_id = OLD.trial_id; END;
COMMIT;
